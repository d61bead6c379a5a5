/* Witnessing: what relto.ledger.witnessing and relto.witness promise, and quarantine after a restore (design, promise 11).
 *
 * One log of at most N entries and cosigners: the own authority's witness (0) and the partner's node (1). A checkpoint is a size and a branch; branch 1 shares the first `fork` entries with branch
 * 0, so two checkpoints contradict each other when both are larger than `fork` and their branches differ.
 *
 *   -DLIAR   the log forks whenever it likes, signs on both branches and asks anybody for anything, with any old size
 *            and with right or damaged proofs.
 *   (else)   an honest node, which may be restored once from a backup: it is quarantined, compares itself with both
 *            cosigners, and goes on only if neither has seen more than it holds, or after the lost entries came back.
 *
 * Checked in every state: no cosigner ever gives lines for two checkpoints that contradict each other, or goes back, or
 * gives a line that it does not remember after a kill; an honest log is never refused and raises no evidence, and where
 * it was restored, no checkpoint that anybody cosigned is contradicted.
 *
 * Each of these switches breaks one rule; the check must then fail:
 *   -DANSWER_FIRST   (LIAR) answers before it persists     -DTWO_STEPS   (LIAR) looks and persists in two steps
 *   -DNO_PROOF       (LIAR) does not verify the proof      -DNO_QUARANTINE   (honest) goes on after a restore at once
 *
 * Every line printed is a step that tests/models replays with the code.
 */
#ifndef N
#define N 3
#endif
#define COSIGNERS 2
#define NEVER 15
#define AT(s, b) (2 * (s) + (b))

byte fork = NEVER;                       /* entries that both branches share */
bool noted[2 * N + 2];                  /* the log signed this checkpoint; the branch is 0 up to `fork` */
byte size = 0;                           /* the honest node's log */
byte branch = 0;
byte largest = 0;                        /* the largest that the honest node ever signed */
byte saved = NEVER;                      /* the size in its backup */
bool quarantined = false;

byte latest[COSIGNERS];                  /* durable: what each cosigner cosigned last */
byte latest_branch[COSIGNERS];
bool known[COSIGNERS * (2 * N + 2)];     /* durable: every checkpoint it cosigned */
bool line[COSIGNERS * (2 * N + 2)];      /* the lines that it ever gave out */
bool evidence = false;
byte busy = 0;
byte kills = 0;

#define KNOWN(w, s, b) known[(w) * (2 * N + 2) + AT(s, b)]
#define LINE(w, s, b) line[(w) * (2 * N + 2) + AT(s, b)]

/* C2SP tlog-witness, add-checkpoint, in the order of relto.ledger.witnessing.decide. */
inline decide(w, o, s, b, damaged, status) {
  if
  :: o > s -> status = 400
  :: else ->
     if
     :: KNOWN(w, s, 1 - b) && s > fork -> evidence = true
     :: else -> skip
     fi;
     if
     :: o != latest[w] -> status = 409
     :: else ->
        if
        :: KNOWN(w, s, 1 - b) && s > fork -> status = 422
        :: else ->
           if
#ifndef NO_PROOF
           :: damaged || (o > fork && latest_branch[w] != b) -> status = 422
           :: !(damaged || (o > fork && latest_branch[w] != b)) -> status = 200
#else
           :: status = 200
#endif
           fi
        fi
     fi
  fi
}

inline persist(w, s, b) {
  assert(s >= latest[w]);
  latest[w] = s; latest_branch[w] = b; KNOWN(w, s, b) = true
}

inline give(w, s, b) {
  LINE(w, s, b) = true;
  assert(KNOWN(w, s, b));
  i = 0;
  do
  :: i <= N -> assert(!(i > fork && s > fork && LINE(w, i, 1 - b))); i++
  :: else -> break
  od;
  i = 0
}

proctype Cosigner(byte w) {
  byte o; byte s; byte b; bool damaged; short status; byte i;
again:
  o = 0; s = 0; b = 0; damaged = false; status = 0;
end_idle:
  atomic {
#ifdef LIAR
    if
    :: noted[AT(1, 0)] -> s = 1; b = 0
    :: noted[AT(1, 1)] -> s = 1; b = 1
    :: noted[AT(2, 0)] -> s = 2; b = 0
    :: noted[AT(2, 1)] -> s = 2; b = 1
#if N > 2
    :: noted[AT(3, 0)] -> s = 3; b = 0
    :: noted[AT(3, 1)] -> s = 3; b = 1
#endif
    fi;
    if
    :: o = latest[w]
    :: o = 0
    :: o = s
    :: o = N
    fi;
    if
    :: damaged = false
    :: damaged = true
    fi;
#else
    size > 0 && !quarantined && !KNOWN(w, size, branch) -> s = size; b = branch; o = latest[w]; busy++;
#endif
  }
#ifdef TWO_STEPS
  atomic { decide(w, o, s, b, damaged, status) }
  if
  :: atomic { status == 200 -> latest[w] = s; latest_branch[w] = b; KNOWN(w, s, b) = true }
  :: else -> skip
  fi;
#else
#ifdef ANSWER_FIRST
  atomic { decide(w, o, s, b, damaged, status);
    if
    :: status == 200 -> LINE(w, s, b) = true
    :: else -> skip
    fi }
  if
  :: atomic { kills < 2 -> kills++; goto again }
  :: atomic { status == 200 -> persist(w, s, b) }
  :: else -> skip
  fi;
#else
  atomic {
    decide(w, o, s, b, damaged, status);
    if
    :: status == 200 -> persist(w, s, b)
    :: else -> skip
    fi;
#ifndef LIAR
    assert(!evidence && status != 422);          /* no false alarm */
#endif
    printf("ask %d %d %d %d %d %d %d\n", w, o, s, b, damaged, status, latest[w])
  }
#endif
#endif
  if
  :: atomic { kills < 2 -> kills++; printf("kill %d\n", w) }          /* persisted, never answered */
  :: atomic { status == 200 -> give(w, s, b) }
  :: status != 200 -> skip
  fi;
#ifndef LIAR
  busy--;
#endif
  goto again
}

#ifdef LIAR
/* Everything is signed from the beginning: whoever asks has it at hand. */
proctype Log() {
  byte s;
  atomic {
    if
    :: fork = 0
    :: fork = 1
#if N > 2
    :: fork = 2
#endif
    fi;
    printf("fork %d\n", fork);
    s = 1;
    do
    :: s <= N -> noted[AT(s, 0)] = true; noted[AT(s, 1)] = (s > fork); s++
    :: else -> break
    od;
    s = 0
  }
}
#else
inline sign() {
  noted[AT(size, branch)] = true;
  if
  :: branch == 0 && size > largest -> largest = size
  :: else -> skip
  fi;
  printf("sign %d %d\n", size, branch)
}

proctype Log() {
end_log:
  do
  :: atomic { size < N && !quarantined && (size == 0 || KNOWN(0, size, branch)) -> size++; sign() }
  :: atomic { saved == NEVER && size > 0 -> saved = size; printf("backup %d\n", size) }
  :: atomic { saved != NEVER && saved < size && busy == 0 && fork == NEVER ->
       fork = saved; size = saved; printf("restore %d\n", saved);
#ifdef NO_QUARANTINE
       branch = 1
#else
       quarantined = true
#endif
     }
  :: atomic { quarantined && latest[0] <= size && latest[1] <= size ->     /* nobody has seen more than it holds */
       quarantined = false;
       if
       :: largest > size -> branch = 1      /* what nobody saw is gone, and its indexes are given again */
       :: else -> skip
       fi;
       printf("lift %d\n", size) }
  :: atomic { quarantined && largest > size -> size = largest; printf("recover %d\n", size) }
  od
}
#endif

init {
  atomic {
    run Log();
    run Cosigner(0);
#ifdef LIAR
    run Cosigner(0)          /* cosigners share nothing, so one of them stands for all, with two requests at a time */
#else
    run Cosigner(1)
#endif
  }
}

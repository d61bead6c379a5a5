/* Reconciliation of two registers: what relto.exchange.reconciling and relto.ledger.reconciliation promise.
 *
 * Three records; each side holds some of them. A run is open (commitment, contribution), reveal (contribution,
 * commitment to the asker's root; the answerer's root), compare (the asker's root; parts where they differ), details,
 * agree. A root stands for a set of records under the key of its run; whoever sees a root may repeat it, but can make
 * one only for records that it knows, and show parts only of what it made. Runs may be cut at any point by a kill or a
 * lost answer, and begin anew; a question that comes twice is out of turn and ends the run. RUNS runs are looked at (-DLONG: many, for simulations).
 *
 *   -DLIAR   the answerer lies: it shows any root that it can make or has seen, in this run or an earlier one, changes
 *            what it declared, and asks for details of records that it never had.
 *   (else)   both are honest.
 *
 * Checked in every state: between honest sides the certificate names exactly the difference; a certificate says "agree"
 * to a liar only if it knew every record of the asker; details go only to who proved that it has the message.
 *
 * Each of these switches breaks one rule; the check must then fail:
 *   -DNO_COMMITMENT   (LIAR) shows the asker's root before the answerer's is fixed
 *   -DONE_KEY         (LIAR) uses the same key in every run
 *   -DNO_CHECK        (LIAR) does not check parts against the root that named them
 *   -DNO_PROOF        (LIAR) answers questions without the message's digest
 *   -DNO_BOUNDS       (honest) compares what is on its way too
 *
 * Every line of a run between honest sides is replayed with the code by tests/models.
 */
#ifndef N
#define N 3
#endif
#define ALL ((1 << N) - 1)
#ifdef LONG
#define RUNS 40
#else
#define RUNS 2
#endif
#define NOTHING 255

byte held[2];                  /* the records of asker (0) and answerer (1), as bits; of a liar: those that it knows */
byte travelling = 0;           /* sent by the asker and not yet taken by the answerer */
byte turn = 0;                  /* the key of a run is fresh; so roots of different runs never meet */

/* What the answerer may have seen of the asker: the set behind her root, and the key it was made with. */
byte seen_set = NOTHING;
byte seen_key = 0;

#ifdef ONE_KEY
#define KEY 1
#else
#define KEY turn
#endif

active proctype Reconciling() {
  byte mine; byte theirs;              /* declared: the sets behind the two roots */
  byte their_key;                      /* the key that the answerer's root was made with */
  byte known;                          /* what the answerer can show parts of, NOTHING for a root that it only repeats */
  byte only_here; byte only_there;
  byte i; byte asked; byte late; byte way;

  atomic {
    i = 0;
    do
    :: i < N ->
       if
       :: held[0] = held[0] | (1 << i)
       :: skip
       fi;
       if
       :: held[1] = held[1] | (1 << i)
       :: skip
       fi;
#ifndef LIAR
       if      /* what only the asker holds may still be on its way */
       :: (held[0] & (1 << i)) && !(held[1] & (1 << i)) -> travelling = travelling | (1 << i)
       :: skip
       fi;
#endif
       i++
    :: else -> break
    od;
    i = 0
  }

end_again:
  atomic {
    turn < RUNS -> turn++;
    mine = 0; theirs = 0; their_key = 0; known = 0; only_here = 0; only_there = 0; asked = 0; late = 0; way = travelling;
    /* open: bounds leave out what is on its way */
#ifdef NO_BOUNDS
    mine = held[0];
#else
    mine = held[0] & (ALL - travelling);
    late = travelling;
#endif
    printf("start %d %d\n", mine, held[1] & (ALL - late))
  };
  if
  :: atomic { travelling != 0 -> held[1] = held[1] | travelling; travelling = 0 }      /* it arrives meanwhile */
  :: skip
  fi;
  if
  :: atomic { true -> printf("cut open\n"); goto end_again }
  :: skip
  fi;

  /* reveal: the answerer fixes its root */
#ifdef NO_COMMITMENT
  seen_set = mine; seen_key = KEY;
#endif
#ifdef LIAR
  if
  :: atomic { seen_set != NOTHING -> theirs = seen_set; their_key = seen_key; known = NOTHING }      /* repeats a root */
  :: atomic { true -> theirs = held[1]; their_key = KEY; known = theirs }
  :: atomic { true -> theirs = 0; their_key = KEY; known = theirs }                       /* denies everything */
  fi;
#else
  atomic { theirs = held[1] & (ALL - late); their_key = KEY; known = theirs };
#endif
  if
  :: atomic { true -> printf("cut reveal\n"); goto end_again }
  :: skip
  fi;

  /* compare: now the asker's root is shown, and parts where the two differ */
  atomic { seen_set = mine; seen_key = KEY };
  if
  :: atomic { theirs == mine && their_key == KEY -> only_here = 0; only_there = 0 }
#ifdef NO_CHECK
  :: atomic { true -> theirs = mine; only_here = 0; only_there = 0 }                     /* other parts than the root's */
#endif
  :: atomic { !(theirs == mine && their_key == KEY) && known == NOTHING -> printf("cut compare\n"); goto end_again }    /* has no parts to show */
  :: atomic { !(theirs == mine && their_key == KEY) && known != NOTHING -> only_here = mine & ~known; only_there = known & ~mine }
  fi;
  if
  :: atomic { true -> printf("cut compare\n"); goto end_again }
  :: skip
  fi;

  /* details: the answerer asks for one record; the asker tells it only who shows the message's digest */
#ifdef LIAR
  atomic {
    if
    :: asked = 1
    :: asked = 2
    :: asked = (1 << (N - 1))
    fi;
    if
#ifdef NO_PROOF
    :: only_here & asked -> assert(held[1] & asked)
#else
    :: (only_here & asked) && (held[1] & asked) -> assert(held[1] & asked)
#endif
    :: else -> skip
    fi
  };
#endif
  if
  :: atomic { true -> printf("cut details\n"); goto end_again }
  :: skip
  fi;

  /* agree */
  atomic {
#ifdef LIAR
    assert(only_here != 0 || only_there != 0 || (mine & ~held[1]) == 0);
#else
    assert(only_here == (mine & ~theirs) && only_there == (theirs & ~mine));
    assert((only_here & way) == 0);                                  /* nothing on its way is called missing */
#endif
    printf("certify %d %d\n", only_here, only_there)
  };
  if
  :: turn < RUNS -> goto end_again
  :: else -> skip
  fi;
end_done: false
}

/* Receipts over an unreliable network: what relto.exchange and relto.services.receiving, sending and worker promise.
 *
 * One channel, N numbered messages. A copy of a message, once sent, may arrive never, once or many times, in any order
 * (it stays in `sent`); so may an answer (`on_way`). Two receiving processes look and then decide in one atomic step;
 * either may be killed between any two steps. The sender may lie: sign another message under a number (version 1).
 * Messages that cannot be applied get a final refusal; trouble of the receiver leaves nothing.
 *
 * Checked in every state: an effect happens once, in order; who holds a receipt has an effect at the partner; an answer
 * never changes; a contradiction has no effect. When the network heals, everything is settled, unless the sender lied.
 *
 * Each of these switches breaks one rule of the code; the check must then fail:
 *   -DONE_LOOK        decides outside the step only            -DANSWER_FIRST   answers before the step is durable
 *   -DFORGETFUL       processes a known message again          -DNO_GAPS        takes what comes, whatever its number
 *   -DANY_PREVIOUS    does not compare the previous digest     -DANY_ANSWER     settles with an answer to another message
 *
 * Every line printed is a step that tests/models replays with the code.
 */
#ifndef N
#define N 3
#endif
#define KILLS 2

#define NONE 0
#define RECEIPT 1
#define REFUSAL 2

#define NEW 0
#define REPEAT 1
#define GAP 2
#define CONTRADICTION 3

/* The sender's records. Message m of version 0 names version 0 of m - 1 as the one before it. */
byte written = 0;
byte settled[N + 1];            /* NONE, RECEIPT or REFUSAL */
bool unfit[N + 1];              /* it can never be applied */
bool lied = false;

/* The network. */
bool sent[2 * N + 2];           /* message m of version v at 2 * m + v */
byte on_way[N + 1];             /* answers to version 0 on the way: bit 1 receipt, bit 2 refusal */

/* The receiver's records: all of one step is written together. */
byte expected = 1;
byte taken[N + 1];              /* the version taken under a number */
byte answer[N + 1];             /* the answer kept for it */
byte effects[N + 1];

bool healed = false;
byte kills = 0;

inline judge(m, v, verdict) {
  if
  :: m < expected && taken[m] == v && answer[m] != NONE -> verdict = REPEAT
#ifndef NO_GAPS
  :: m > expected -> verdict = GAP
#endif
  :: m < expected && (taken[m] != v || answer[m] == NONE) -> verdict = CONTRADICTION
#ifdef NO_GAPS
  :: m >= expected -> verdict = NEW
#else
#ifdef ANY_PREVIOUS
  :: m == expected -> verdict = NEW
#else
  :: m == expected && taken[m - 1] == 0 -> verdict = NEW
  :: m == expected && taken[m - 1] != 0 -> verdict = CONTRADICTION
#endif
#endif
  fi
}

inline apply(m, v) {
  if
  :: unfit[m] -> answer[m] = REFUSAL
  :: else -> answer[m] = RECEIPT; effects[m]++
  fi;
  taken[m] = v;
  expected = m + 1;
  assert(effects[m] <= 1);
  assert(m == 1 || answer[m - 1] != NONE);
  assert(m == 1 || taken[m - 1] == 0)
}

inline give(m, v) {
  if
  :: v == 0 -> on_way[m] = on_way[m] | answer[m]
  :: else -> skip
  fi
}

inline step(m, v, verdict) {
#ifndef ONE_LOOK
  judge(m, v, verdict);
#endif
#ifdef FORGETFUL
  if
  :: verdict == REPEAT -> effects[m]++; assert(effects[m] <= 1)
  :: else -> skip
  fi;
#endif
  if
  :: verdict == NEW -> apply(m, v); printf("take %d %d new %d\n", m, v, answer[m])
  :: verdict == REPEAT -> printf("take %d %d repeat %d\n", m, v, answer[m])
  :: verdict == GAP -> printf("take %d %d gap %d\n", m, v, expected)
  :: verdict == CONTRADICTION -> printf("take %d %d contradiction 0\n", m, v)
  fi
}

proctype Receiver() {
  byte m; byte v; byte verdict; bool told;
again:
  m = 0; v = 0; verdict = NEW; told = false;
end_idle:
  if
  :: atomic { !healed && sent[2] -> m = 1; v = 0 }
  :: atomic { !healed && sent[3] -> m = 1; v = 1 }
  :: atomic { !healed && sent[4] -> m = 2; v = 0 }
  :: atomic { !healed && sent[5] -> m = 2; v = 1 }
#if N > 2
  :: atomic { !healed && sent[6] -> m = 3; v = 0 }
  :: atomic { !healed && sent[7] -> m = 3; v = 1 }
#endif
  fi;
  /* A look outside the step, which prepares what takes long (payloads). */
  d_step { judge(m, v, verdict) }
#ifdef ANSWER_FIRST
  if
  :: atomic { verdict == NEW && v == 0 && !unfit[m] -> on_way[m] = on_way[m] | RECEIPT; told = true }
  :: else -> skip
  fi;
#endif
  if
  :: atomic { kills < KILLS && !healed -> kills++; printf("kill receiver\n"); goto again }
  :: atomic { !healed && verdict == NEW && m == expected -> printf("trouble %d %d\n", m, v); goto again }   /* nothing remains */
  :: atomic { step(m, v, verdict) }
  fi;
  if
  :: atomic { kills < KILLS && !healed -> kills++; printf("kill receiver\n"); goto again }       /* durable, never answered */
  :: atomic { verdict == NEW || verdict == REPEAT -> give(m, v); goto again }
  :: atomic { verdict == GAP || verdict == CONTRADICTION -> goto again }
  fi
}

inline settle(m, kind) {
  if
  :: settled[m] == NONE -> settled[m] = kind; printf("settle %d %d\n", m, kind)
  :: else -> skip
  fi;
  /* Whatever the sender holds is what the receiver keeps. */
  assert(settled[m] == answer[m]);
  assert(settled[m] != RECEIPT || effects[m] == 1)
}

proctype Sender() {
  byte m;
end_sender:
  do
  :: atomic { !healed && written < N ->                /* the step that changes state, entry and outbox at once */
       written++;
       if
       :: unfit[written] = true
       :: unfit[written] = false
       fi;
       printf("write %d %d\n", written, unfit[written]);
     }
  :: atomic { !healed && written >= 1 && settled[1] == NONE && !sent[2] -> sent[2] = true }
  :: atomic { !healed && written >= 2 && settled[2] == NONE && !sent[4] -> sent[4] = true }
#if N > 2
  :: atomic { !healed && written >= 3 && settled[3] == NONE && !sent[6] -> sent[6] = true }
#endif
  :: atomic { !healed && written >= 1 && !lied ->    /* another message under the number of one that was written */
       lied = true; sent[2 * written + 1] = true; printf("lie %d\n", written) }
  :: atomic { !healed && written >= 1 && (on_way[1] & RECEIPT) && settled[1] == NONE -> settle(1, RECEIPT) }
  :: atomic { !healed && written >= 1 && (on_way[1] & REFUSAL) && settled[1] == NONE -> settle(1, REFUSAL) }
  :: atomic { !healed && written >= 2 && (on_way[2] & RECEIPT) && settled[2] == NONE -> settle(2, RECEIPT) }
  :: atomic { !healed && written >= 2 && (on_way[2] & REFUSAL) && settled[2] == NONE -> settle(2, REFUSAL) }
#if N > 2
  :: atomic { !healed && written >= 3 && (on_way[3] & RECEIPT) && settled[3] == NONE -> settle(3, RECEIPT) }
  :: atomic { !healed && written >= 3 && (on_way[3] & REFUSAL) && settled[3] == NONE -> settle(3, REFUSAL) }
#endif
#ifdef ANY_ANSWER
  :: atomic { !healed && written >= 2 && on_way[1] != 0 && settled[2] == NONE -> settle(2, RECEIPT) }
#endif
  od
}

/* From some moment on nothing is lost or killed: the sender asks for each message in turn until it is settled. */
proctype Healing() {
  byte m; byte verdict;
#ifdef LONG
  written == N && kills == KILLS;          /* for simulations, which would soon be over */
#endif
  atomic { !lied -> healed = true; printf("heal\n") };
  m = 1;
  do
  :: atomic { m <= written -> verdict = NEW;
       judge(m, 0, verdict);
       step(m, 0, verdict);
       give(m, 0);
       settle(m, answer[m]);
       assert(settled[m] != NONE);
       m++ }
  :: m > written -> break
  od
}

init {
  atomic { run Sender(); run Receiver(); run Receiver(); run Healing() }
}

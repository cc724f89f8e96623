// The bounded retransmission protocol: a file of N chunks over a line that loses frames and
// acknowledgements, each chunk sent at most MAX + 1 times, with an alternating bit against repeats.
// Written for this project after the description of the case study "brp" of PRISM: P. R. D'Argenio,
// B. Jeannet, H. E. Jensen, K. G. Larsen, "Reachability analysis of probabilistic systems by
// successive refinements", PAPM-PROBMIV 2001. The chances of a loss are those of that study.

dtmc

const int N;
const int MAX;
const double LOSS = 0.02;
const double ACK_LOSS = 0.01;

module sender
  // 0: next chunk, 1: waits, 2: to send again, 3: heard, 4: succeeded, 5: gave up
  s : [0..5] init 0;
  chunk : [1..N] init 1;
  again : [0..MAX] init 0; // times that this chunk was sent again
  bit : bool init false;
  [frame]    s=0 -> (s'=1) & (again'=0);
  [heard]    s=1 -> (s'=3);
  [no_frame] s=1 -> (s'=2);
  [no_ack]   s=1 -> (s'=2);
  [frame]    s=2 & again<MAX -> (s'=1) & (again'=again+1);
  [give_up]  s=2 & again=MAX -> (s'=5);
  [next]     s=3 & chunk<N -> (s'=0) & (chunk'=chunk+1) & (bit'=!bit);
  [success]  s=3 & chunk=N -> (s'=4);
endmodule

module way_there
  there : [0..2] init 0; // 0: nothing on its way, 1: a frame, 2: a frame that is lost
  [frame]    there=0 -> 1-LOSS : (there'=1) + LOSS : (there'=2);
  [arrive]   there=1 -> (there'=0);
  [no_frame] there=2 -> (there'=0);
endmodule

module receiver
  answers : bool init false;
  expected : bool init false;
  taken : [0..N] init 0; // chunks that are not repeats
  [arrive] !answers & bit=expected -> (answers'=true) & (expected'=!expected) & (taken'=taken+1);
  [arrive] !answers & bit!=expected -> (answers'=true);
  [ack]    answers -> (answers'=false);
endmodule

module way_back
  back : [0..2] init 0; // as there, of acknowledgements
  [ack]    back=0 -> 1-ACK_LOSS : (back'=1) + ACK_LOSS : (back'=2);
  [heard]  back=1 -> (back'=0);
  [no_ack] back=2 -> (back'=0);
endmodule

/* What a seed does to the town: how often each small fault comes, and the large ones
 * that people and power stations make. */
#pragma once

void sim_misfortunes_draw(void);  /* the rates of small faults */
void sim_misfortunes_begin(void); /* from now on, until it is calm */
void sim_misfortunes_end(void);

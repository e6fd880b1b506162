/* Scores one flight with the model of examples/flights:
 *
 *   cc example.c -Iinclude -L../build/release/lib -lslipway -o example
 *   ./example ../examples/flights/model.txt
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slipway.h"

int main(int argc, char** argv) {
  char why[SLIPWAY_ERROR_SIZE];
  slipway_model* model = NULL;
  if (argc != 2 || slipway_open(argv[1], &model, why, sizeof why) != SLIPWAY_OK) {
    fprintf(stderr, "%s\n", argc == 2 ? why : "usage: example MODEL");
    return 1;
  }
  /* Everything missing, but for what we know. */
  size_t inputs = slipway_inputs(model);
  double* row = malloc(inputs * sizeof *row);
  for (size_t i = 0; i < inputs; ++i) {
    const char* name = slipway_input_name(model, i);
    row[i] = NAN;
    if (strcmp(name, "hour") == 0) row[i] = 18;
    if (strcmp(name, "carrier") == 0) row[i] = (double)slipway_category(model, i, "EV");
    if (strcmp(name, "origin") == 0) row[i] = (double)slipway_category(model, i, "EWR");
  }
  double prediction[2];
  double margin;
  if (slipway_predictions(model) > 2 || slipway_margins(model) != 1 ||
      slipway_score_f64(model, row, 1, prediction, &margin, why, sizeof why) != SLIPWAY_OK) {
    fprintf(stderr, "%s\n", why);
    return 1;
  }
  printf("late with probability %.3f (margin %.3f)\n", prediction[slipway_predictions(model) - 1], margin);
  free(row);
  slipway_close(model);
  return 0;
}

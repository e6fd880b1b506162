// slipway's C interface: a model scored in your own process.
//
//   char why[SLIPWAY_ERROR_SIZE];
//   slipway_model* model;
//   if (slipway_open("model.txt", &model, why, sizeof why) != SLIPWAY_OK) { puts(why); return 1; }
//   slipway_score_f64(model, rows, count, predictions, NULL, why, sizeof why);
//   slipway_close(model);
//
// A model file of any library that slipway reads, or a package's model.slip; nothing in it is ever
// executed. Scores are the same bits as those of `slipway score` and `slipway serve`.
//
// Errors: every function that can fail returns SLIPWAY_OK or a slipway_status, and writes a sentence
// into `error` (cut to error_size - 1 bytes and a zero; error may be NULL if error_size is 0).
//
// Threads: a model may be used by any number of threads at once; close it when none does. No global
// state. Scoring a matrix allocates nothing once a thread has scored its first rows.
//
// Stable: what is here keeps its meaning; new functions get a new version node in slipway.map.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLIPWAY_ERROR_SIZE 1024

typedef struct slipway_model slipway_model;

typedef enum slipway_status {
  SLIPWAY_OK = 0,
  SLIPWAY_INVALID = 1, /* the file, the rows or an argument are not as they should be */
  SLIPWAY_NOT_FOUND = 2,
  SLIPWAY_UNSUPPORTED = 3, /* a model that this version does not read */
  SLIPWAY_FAILED = 4       /* anything else */
} slipway_status;

/* "0.1.0" */
const char* slipway_version(void);

slipway_status slipway_open(const char* path, slipway_model** model, char* error,
                            size_t error_size);
void slipway_close(slipway_model* model); /* NULL is allowed */

/* What a row holds, in order: names live as long as the model. */
size_t slipway_inputs(const slipway_model* model);
const char* slipway_input_name(const slipway_model* model, size_t input);

/* Numbers per row that scoring gives: predictions (values, or probabilities of the classes: one for
 * two classes where the model has only that of the second), and the library's raw scores. */
size_t slipway_predictions(const slipway_model* model);
size_t slipway_margins(const slipway_model* model);
size_t slipway_classes(const slipway_model* model); /* 0: no classifier */
const char* slipway_class_name(const slipway_model* model, size_t index);

/* Scores `count` rows, row-major, slipway_inputs() numbers each; NaN is missing; a category is the
 * number of its value among the model's (slipway_category), any other number is unseen. predictions:
 * count * slipway_predictions(); margins: count * slipway_margins(); each may be NULL. Models that
 * read texts take slipway_score_arrow. */
slipway_status slipway_score_f64(const slipway_model* model, const double* rows, size_t count,
                                 double* predictions, double* margins, char* error,
                                 size_t error_size);
slipway_status slipway_score_f32(const slipway_model* model, const float* rows, size_t count,
                                 double* predictions, double* margins, char* error,
                                 size_t error_size);

/* The number of a category of an input; -1 if the model does not know it, or if it is no category. */
int64_t slipway_category(const slipway_model* model, size_t input, const char* value);

/* Arrow's C Data Interface (https://arrow.apache.org/docs/format/CDataInterface.html): a struct
 * array with a column per input, found by name, in; one with the columns of docs/reference/outputs.md
 * out. `rows` and `rows_schema` are released in any case; the caller releases the results. */
struct ArrowArray;
struct ArrowSchema;
slipway_status slipway_score_arrow(const slipway_model* model, struct ArrowArray* rows,
                                   struct ArrowSchema* rows_schema, int raw,
                                   struct ArrowArray* scores, struct ArrowSchema* scores_schema,
                                   char* error, size_t error_size);

#ifdef __cplusplus
}
#endif

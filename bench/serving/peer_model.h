// The model of a peer: slipway's C interface, and what a row's scores become on the wire (the
// outputs of `slipway serve` for a classifier of two classes: `predict` and `predict_proba`).
//
//   PeerModel model(path);                       // a model that it cannot serve ends the program
//   const bool scored = model.score(rows, count, &answer);
//
// Not thread-safe: a peer has one thread. Benchmark only; nothing of the product includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "slipway.h"

class PeerModel {
 public:
  struct Answer {
    std::vector<float> probabilities;       // of both classes, row by row
    std::vector<std::string_view> classes;  // of each row
  };

  explicit PeerModel(const char* path) {
    std::array<char, SLIPWAY_ERROR_SIZE> why{};
    if (slipway_open(path, &model_, why.data(), why.size()) != SLIPWAY_OK) refuse(why.data());
    if (slipway_classes(model_) != 2 || slipway_predictions(model_) != 1)
      refuse("a peer serves classifiers of two classes that give one probability");
    columns_ = slipway_inputs(model_);
  }
  ~PeerModel() { slipway_close(model_); }
  PeerModel(const PeerModel&) = delete;
  PeerModel& operator=(const PeerModel&) = delete;

  std::size_t columns() const { return columns_; }

  // Of count * columns() numbers.
  bool score(const float* rows, std::size_t count, Answer* answer) {
    predictions_.resize(count);
    if (slipway_score_f32(model_, rows, count, predictions_.data(), nullptr, nullptr, 0) !=
        SLIPWAY_OK)
      return false;
    answer->probabilities.clear();
    answer->classes.clear();
    for (const double second : predictions_) {
      const auto p = static_cast<float>(second);
      answer->probabilities.insert(answer->probabilities.end(), {1.0F - p, p});
      answer->classes.emplace_back(slipway_class_name(model_, p > 0.5F ? 1 : 0));
    }
    return true;
  }

 private:
  [[noreturn]] static void refuse(const char* why) {
    fmt::print(stderr, "{}\n", why);
    std::exit(1);
  }

  slipway_model* model_ = nullptr;
  std::size_t columns_ = 0;
  std::vector<double> predictions_;
};

// Kernels of model/operators/neighbors.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"
#include "scoring/kernel/distance.h"
#include "scoring/kernel/kernel.h"

namespace slipway::scoring {
namespace {

using Inputs = std::span<const Rows>;
using Places = std::vector<std::uint32_t>;

void run_distances(const model::Distances& op, Inputs in, double* out) {
  const std::size_t width = in[0].width;
  for (std::size_t row = 0; row < in[0].rows; ++row) {
    const double* x = in[0].values + row * width;
    for (std::size_t at = 0; at < op.points.size(); at += width)
      *out++ = distance(op.metric, op.p, x, op.points.data() + at, width);
  }
}

// Leaves the k nearest of `places`, nearest first; NaN is farther than anything.
void keep_nearest(std::span<const double> distances, std::size_t k, Places* places) {
  const auto nearer = [&](std::uint32_t a, std::uint32_t b) {
    const bool a_lost = std::isnan(distances[a]);
    const bool b_lost = std::isnan(distances[b]);
    if (a_lost != b_lost) return b_lost;
    return a_lost || distances[a] == distances[b] ? a < b : distances[a] < distances[b];
  };
  k = std::min(k, places->size());
  std::partial_sort(places->begin(), places->begin() + static_cast<std::ptrdiff_t>(k),
                    places->end(), nearer);
  places->resize(k);
}

Places all_places(std::size_t count) {
  Places places(count);
  std::iota(places.begin(), places.end(), 0U);
  return places;
}

// 1 / distance; points at no distance count 1 and silence the others.
class Weights {
 public:
  Weights(std::span<const double> distances, const Places& places, bool by_distance)
      : distances_(distances), by_distance_(by_distance) {
    any_zero_ = by_distance &&
                std::any_of(places.begin(), places.end(), [&](auto i) { return is_zero(i); });
  }
  double of(std::uint32_t place) const {
    if (std::isnan(distances_[place])) return 0;
    if (!by_distance_) return 1;
    if (any_zero_) return is_zero(place) ? 1 : 0;
    return 1 / distances_[place];
  }

 private:
  bool is_zero(std::uint32_t place) const { return std::isinf(1 / distances_[place]); }
  std::span<const double> distances_;
  bool by_distance_;
  bool any_zero_ = false;
};

class NeighborsKernel final : public Kernel {
 public:
  explicit NeighborsKernel(model::Neighbors op) : op_(std::move(op)) {}

  std::optional<Refusal> run(Inputs in, double* out) const override {
    for (std::size_t row = 0; row < in[0].rows; ++row, out += op_.columns) {
      const std::span<const double> distances{in[0].values + row * in[0].width, in[0].width};
      const Places places = chosen(distances);
      if (places.empty() && !op_.who.empty())
        return Refusal{row, fmt::format("no training row lies within {} of it, and {} then has no "
                                        "answer: fit it with outlier_label, or a larger radius",
                                        number_text(op_.radius), op_.who[0])};
      if (places.empty()) {
        std::copy(op_.empty.begin(), op_.empty.end(), out);
      } else {
        add(distances, places, out);
      }
    }
    return std::nullopt;
  }

 private:
  Places chosen(std::span<const double> distances) const {
    Places places = all_places(distances.size());
    if (op_.k == 0) {
      std::erase_if(places, [&](std::uint32_t i) { return !(distances[i] <= op_.radius); });
    } else {
      keep_nearest(distances, op_.k, &places);
    }
    return places;
  }

  void add(std::span<const double> distances, const Places& places, double* out) const {
    const Weights weights(distances, places, op_.by_distance);
    std::fill_n(out, op_.columns, 0.0);
    double total = 0;
    for (const std::uint32_t i : places) {
      const double weight = weights.of(i);
      total += weight;
      for (std::size_t j = 0; j < op_.columns; ++j)
        out[j] += op_.values[std::size_t{i} * op_.columns + j] * weight;
    }
    for (std::size_t j = 0; op_.normalize && j < op_.columns; ++j) out[j] /= total;
  }

  model::Neighbors op_;
};

void run_nearest_mean(const model::NearestMean& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row) {
    const std::size_t width = in[0].width;
    Places places = all_places(width);
    keep_nearest({in[0].values + row * width, width}, op.k, &places);
    double sum = 0;
    for (const std::uint32_t i : places) sum += in[1].values[row * width + i];
    out[row] = sum / static_cast<double>(op.k);
  }
}

class NeighborFillKernel final : public Kernel {
 public:
  explicit NeighborFillKernel(model::NeighborFill op) : op_(std::move(op)) {
    const std::size_t width = op_.otherwise.size();
    donors_.resize(width);
    for (std::size_t i = 0; i < op_.points.size(); ++i) {
      if (!std::isnan(op_.points[i]))
        donors_[i % width].push_back(static_cast<std::uint32_t>(i / width));
    }
  }

  std::optional<Refusal> run(Inputs in, double* out) const override {
    const std::size_t width = in[0].width;
    for (std::size_t row = 0; row < in[0].rows; ++row)
      fill(in[0].values + row * width, width, out + row * width);
    return std::nullopt;
  }

 private:
  void fill(const double* x, std::size_t width, double* out) const {
    std::vector<double> distances;
    for (std::size_t c = 0; c < width; ++c) {
      out[c] = donors_[c].empty() ? 0 : x[c];
      if (!std::isnan(out[c])) continue;
      for (std::size_t at = distances.size() * width; at < op_.points.size(); at += width)
        distances.push_back(distance(model::Metric::kNanEuclidean, 2, x, &op_.points[at], width));
      out[c] = mean_of(distances, c, width);
    }
  }

  double mean_of(std::span<const double> distances, std::size_t column, std::size_t width) const {
    Places places = donors_[column];
    keep_nearest(distances, op_.k, &places);
    if (std::isnan(distances[places[0]])) return op_.otherwise[column];
    const Weights weights(distances, places, op_.by_distance);
    double sum = 0;
    double total = 0;
    for (const std::uint32_t i : places) {
      const double weight = op_.strangers && std::isnan(distances[i]) ? 1 : weights.of(i);
      sum += op_.points[i * width + column] * weight;
      total += weight;
    }
    return sum / total;
  }

  model::NeighborFill op_;
  std::vector<Places> donors_;  // per column: points that have it
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::Distances& op) {
  return function_kernel(op, run_distances);
}
std::unique_ptr<Kernel> kernel_of(const model::Neighbors& op) {
  return std::make_unique<NeighborsKernel>(op);
}
std::unique_ptr<Kernel> kernel_of(const model::NearestMean& op) {
  return function_kernel(op, run_nearest_mean);
}
std::unique_ptr<Kernel> kernel_of(const model::NeighborFill& op) {
  return std::make_unique<NeighborFillKernel>(op);
}

}  // namespace slipway::scoring

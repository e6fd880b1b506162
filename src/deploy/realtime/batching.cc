// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/batching.h"

#include <algorithm>
#include <iterator>

#include "deploy/realtime/endpoint.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::uint32_t kTries = 8;
constexpr std::int64_t kPutOffNs = 2000;  // what putting a request off costs
// Where the engines' table changes over, nothing is gained yet.
constexpr std::size_t kClearly = 2;

// A batch of fewer rows than the engines' table asks for gains nothing: one by one, then.
std::vector<std::vector<WaitingRequest*>> without_small_ones(
    const std::vector<std::vector<WaitingRequest*>>& groups) {
  std::vector<std::vector<WaitingRequest*>> kept;
  for (const auto& group : groups) {
    const std::size_t least = group[0]->endpoint->batch_cost.together_min() / kClearly;
    std::int64_t rows = 0;
    for (const WaitingRequest* each : group) rows += each->rows.rows();
    if (static_cast<std::size_t>(rows) >= least) {
      kept.push_back(group);
      continue;
    }
    for (WaitingRequest* each : group) kept.push_back({each});
  }
  return kept;
}

}  // namespace

BatchCost::BatchCost(const BatchOptions& options, std::size_t rows_together)
    : options_(options),
      together_min_(rows_together == 0 ? kNever
                                       : std::max(kClearly * rows_together, options.together_min)) {
}

void BatchCost::scored_together(std::int64_t ns, std::size_t requests) {
  follow(ns / static_cast<std::int64_t>(requests), &together_ns_);
  if (++tries_ < kTries) return;
  if (together_ns_ + kPutOffNs > alone_ns_) {
    pause_ = options_.pause_requests;
    together_ns_ = -1;
  }
  tries_ = 0;
}

std::vector<WaitingRequest> Batcher::take_useless(std::int64_t now_ns) {
  const auto first =
      std::stable_partition(waiting_.begin(), waiting_.end(), [&](const WaitingRequest& each) {
        const bool is_over = each.deadline_ns != 0 && now_ns > each.deadline_ns;
        const bool is_late = each.endpoint->is_late(each.timeout_us, now_ns - each.arrived_ns);
        return !is_over && !is_late && each.reply->is_wanted();
      });
  std::vector<WaitingRequest> useless(std::make_move_iterator(first),
                                      std::make_move_iterator(waiting_.end()));
  waiting_.erase(first, waiting_.end());
  return useless;
}

std::vector<WaitingRequest> Batcher::in_order(std::vector<WaitingRequest> all) {
  const auto is_before = [](const WaitingRequest& a, const WaitingRequest& b) {
    return a.priority < b.priority;
  };
  // Mostly they are: nobody asks for one.
  if (!std::is_sorted(all.begin(), all.end(), is_before))
    std::stable_sort(all.begin(), all.end(), is_before);
  return all;
}

std::vector<Batcher::Group> Batcher::grouped(std::span<WaitingRequest> all) const {
  struct Open {
    std::size_t group = 0;
    std::int64_t rows = 0;
  };
  std::vector<Group> groups;
  std::vector<Open> open;  // the last one of each model and kind: few
  for (WaitingRequest& each : all) {
    auto at = std::find_if(open.begin(), open.end(), [&](const Open& other) {
      const WaitingRequest& first = *groups[other.group][0];
      return first.endpoint == each.endpoint && first.raw == each.raw;
    });
    if (at == open.end()) at = open.insert(at, Open{groups.size(), options_.rows_max});
    if (at->rows + each.rows.rows() > options_.rows_max) {
      *at = {groups.size(), 0};
      groups.emplace_back();
    }
    at->rows += each.rows.rows();
    groups[at->group].push_back(&each);
  }
  return without_small_ones(groups);
}

frame::Frame Batcher::rows_of(const Group& group) {
  if (group.size() == 1) return group[0]->rows;
  std::vector<frame::Frame> frames;
  frames.reserve(group.size());
  for (const WaitingRequest* each : group) frames.push_back(each->rows);
  return frame::concatenate(frames);
}

std::int64_t Batcher::rows_in(const Group& group) {
  std::int64_t rows = 0;
  for (const WaitingRequest* each : group) rows += each->rows.rows();
  return rows;
}

void Batcher::learn(const Group& group, std::int64_t ns) {
  BatchCost& cost = group[0]->endpoint->batch_cost;
  if (group.size() == 1) return cost.scored_alone(ns);
  cost.scored_together(ns, group.size());
}

}  // namespace slipway::deploy::realtime

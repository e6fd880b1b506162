// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/kernel.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "scoring/link.h"

namespace slipway::scoring {
namespace {

class TreeKernel final : public Kernel {
 public:
  explicit TreeKernel(std::unique_ptr<const EngineSet> engines) : engines_(std::move(engines)) {}
  std::optional<Refusal> run(std::span<const Rows> inputs, double* out) const override {
    thread_local Scratch scratch;  // grows to what the largest engine needs, once per thread
    engines_->run(inputs[0], out, scratch);
    return std::nullopt;
  }

  void prepare() const override { engines_->prepare(); }
  std::size_t rows_together() const override {
    for (const EngineRule& rule : engines_->table()) {
      if (rule.rows > 1) return rule.rows;
    }
    return 0;
  }
  std::size_t memory_bytes() const override { return engines_->memory_bytes(); }

 private:
  std::unique_ptr<const EngineSet> engines_;
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::TreeEnsemble& op, const EngineOptions& engines) {
  return std::make_unique<TreeKernel>(std::make_unique<const EngineSet>(op, engines));
}

std::unique_ptr<Kernel> sourced_trees_kernel(const model::TreeEnsemble& op, const RowSource& source,
                                             const EngineOptions& engines) {
  auto set = EngineSet::of_source(op, source, engines);
  return set == nullptr ? nullptr : std::make_unique<TreeKernel>(std::move(set));
}

std::unique_ptr<Kernel> kernel_of(const model::Link& op) {
  return function_kernel(op, [](const model::Link& link, std::span<const Rows> in, double* out) {
    apply_link(link, in[0], out);
  });
}

std::unique_ptr<Kernel> make_kernel(const model::Operator& op, const EngineOptions& engines) {
  if (const auto* trees = std::get_if<model::TreeEnsemble>(&op)) return kernel_of(*trees, engines);
  return std::visit(
      [](const auto& some) -> std::unique_ptr<Kernel> {
        if constexpr (std::is_same_v<std::decay_t<decltype(some)>, model::TreeEnsemble>) {
          return nullptr;  // above
        } else {
          return kernel_of(some);
        }
      },
      op);
}

}  // namespace slipway::scoring

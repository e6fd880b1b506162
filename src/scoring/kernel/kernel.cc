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
  TreeKernel(const model::TreeEnsemble& op, const EngineOptions& options) : engines_(op, options) {}
  std::optional<Refusal> run(std::span<const Rows> inputs, double* out) const override {
    thread_local Scratch scratch;  // grows to what the largest engine needs, once per thread
    engines_.run(inputs[0], out, scratch);
    return std::nullopt;
  }

  void prepare() const override { engines_.prepare(); }
  std::size_t rows_together() const override {
    for (const EngineRule& rule : engines_.table()) {
      if (rule.rows > 1) return rule.rows;
    }
    return 0;
  }
  std::size_t memory_bytes() const override { return engines_.memory_bytes(); }

 private:
  EngineSet engines_;
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::TreeEnsemble& op, const EngineOptions& engines) {
  return std::make_unique<TreeKernel>(op, engines);
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

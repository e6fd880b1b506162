// PolynomialFeatures: products of columns, multiplied in scikit-learn's order.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

constexpr std::size_t kMaxProducts = std::size_t{1} << 22;

// All rising runs of `degree` columns in lexicographic order.
class Combinations {
 public:
  Combinations(std::uint32_t columns, std::size_t degree, bool distinct)
      : columns_(columns), distinct_(distinct), at_(degree) {
    for (std::uint32_t i = 0; i < degree; ++i) at_[i] = distinct ? i : 0;
    done_ = columns == 0 || (distinct && degree > columns);
  }
  bool done() const { return done_; }
  const std::vector<std::uint32_t>& current() const { return at_; }

  void next() {
    for (std::size_t i = at_.size(); i-- > 0;) {
      const std::uint32_t limit =
          columns_ - (distinct_ ? static_cast<std::uint32_t>(at_.size() - i) : 1);
      if (at_[i] >= limit) continue;
      ++at_[i];
      for (std::size_t j = i + 1; j < at_.size(); ++j) at_[j] = at_[j - 1] + (distinct_ ? 1 : 0);
      return;
    }
    done_ = true;
  }

 private:
  std::uint32_t columns_;
  bool distinct_;
  bool done_ = false;
  std::vector<std::uint32_t> at_;
};

struct Degrees {
  std::int64_t lowest = 0;
  std::int64_t highest = 2;
};

Result<Degrees> degrees_of(const Estimator& e) {
  Degrees out;
  if (e.has("_min_degree")) {
    ASSIGN_OR_RETURN(out.lowest, e.integer("_min_degree"));
    ASSIGN_OR_RETURN(out.highest, e.integer("_max_degree"));
  } else {
    ASSIGN_OR_RETURN(out.highest, e.integer("degree"));
  }
  if (out.lowest < 0 || out.highest > 64)
    return e.error("model.sklearn.attribute", "its degree is out of range");
  return out;
}

Result<Table> polynomial(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Degrees degrees, degrees_of(e));
  const bool distinct = e.flag("interaction_only", false);
  std::vector<std::uint32_t> begin{0}, factors;
  Table out;
  if (e.flag("include_bias", true)) {
    begin.push_back(0);
    out.columns.push_back({"1"});
  }
  for (std::int64_t degree = std::max<std::int64_t>(1, degrees.lowest); degree <= degrees.highest;
       ++degree) {
    Combinations combinations(static_cast<std::uint32_t>(in.width()),
                              static_cast<std::size_t>(degree), distinct);
    for (; !combinations.done(); combinations.next()) {
      // scikit-learn multiplies the first column onto the product of the others.
      const auto& columns = combinations.current();
      factors.insert(factors.end(), columns.rbegin(), columns.rend());
      begin.push_back(static_cast<std::uint32_t>(factors.size()));
      std::string name;
      for (const std::uint32_t c : columns) name += (name.empty() ? "" : " ") + in.columns[c].name;
      out.columns.push_back({std::move(name)});
      if (begin.size() > kMaxProducts)
        return e.error("model.sklearn.attribute",
                       fmt::format("it makes more than {} products", kMaxProducts));
    }
  }
  ASSIGN_OR_RETURN(out.value, b.add({rows}, Products{std::move(begin), std::move(factors)}));
  return out;
}

constexpr std::array kKnown{Known{"PolynomialFeatures", polynomial}};

}  // namespace

std::span<const Known> expansion_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn

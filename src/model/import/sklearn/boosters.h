// XGBClassifier, LGBMRegressor, CatBoostClassifier and their kin inside pickles, and bare Boosters.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "model/import/sklearn/registry.h"
#include "model/model.h"

namespace slipway::model::sklearn {

bool is_booster(const Estimator& e);
Result<Model> booster_model(const Estimator& e);
Result<Predicted> predict_booster(const Estimator& e, const Table& in, Builder& b);

}  // namespace slipway::model::sklearn

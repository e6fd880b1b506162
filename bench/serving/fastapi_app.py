"""What people write by hand: FastAPI and XGBoost, Open Inference Protocol's JSON in and out.

SPDX-License-Identifier: Apache-2.0
"""
import os

import numpy
import orjson
import xgboost
from fastapi import FastAPI, Request, Response

booster = xgboost.Booster(model_file=os.environ["MODEL"])
booster.set_param({"nthread": 1})
app = FastAPI()


@app.post("/v2/models/bench/infer")
async def infer(request: Request):
    tensor = orjson.loads(await request.body())["inputs"][0]
    rows = numpy.array(tensor["data"], dtype=numpy.float32).reshape(tensor["shape"])
    scores = booster.inplace_predict(rows, validate_features=False)
    output = {"name": "predict", "datatype": "FP32", "shape": [len(scores)], "data": scores.tolist()}
    return Response(orjson.dumps({"model_name": "bench", "outputs": [output]}), media_type="application/json")

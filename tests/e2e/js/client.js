// @grpc/grpc-js against a server: calls, a stream, health; tells what it got as JSON. grpc_js_test.py compares.
//
//   node client.js HOST:PORT PROTO_FOLDER
//
// SPDX-License-Identifier: Apache-2.0
"use strict";

const path = require("path");
const modules = process.env.SLIPWAY_NODE_MODULES;
const grpc = require(path.join(modules, "@grpc/grpc-js"));
const loader = require(path.join(modules, "@grpc/proto-loader"));

const [host, protos] = process.argv.slice(2);
const load = (file) =>
  grpc.loadPackageDefinition(
    loader.loadSync(file, { includeDirs: [protos], keepCase: true, longs: String, bytes: Buffer, defaults: true }));
const { GRPCInferenceService } = load("open_inference_grpc.proto").inference;
const { Health } = load("health.proto").grpc.health.v1;

const client = new GRPCInferenceService(host, grpc.credentials.createInsecure());
const health = new Health(host, grpc.credentials.createInsecure());

const call = (method, request, options = {}) =>
  new Promise((resolve) =>
    method(request, new grpc.Metadata(), options, (error, reply) =>
      resolve(error ? { code: error.code, details: error.details } : reply)));

const infer = (model, values, id) => {
  const raw = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => raw.writeDoubleLE(value, 8 * i));
  return {
    model_name: model,
    id,
    inputs: [{ name: "input-0", datatype: "FP64", shape: [values.length / 2, 2] }],
    raw_input_contents: [raw],
  };
};
const predictions = (reply) => {
  const raw = reply.raw_output_contents[0];
  return Array.from({ length: raw.length / 8 }, (_, i) => raw.readDoubleLE(8 * i));
};

const stream = (requests) =>
  new Promise((resolve, reject) => {
    const answers = [];
    const both = client.ModelStreamInfer();
    both.on("data", (reply) =>
      answers.push(reply.error_message ? reply.error_message : [reply.infer_response.id, predictions(reply.infer_response)]));
    both.on("end", () => resolve(answers));
    both.on("error", reject);
    requests.forEach((request) => both.write(request));
    both.end();
  });

const watch = () =>
  new Promise((resolve, reject) => {
    const watching = health.Watch({ service: "" });
    watching.on("data", (reply) => (watching.cancel(), resolve(reply.status)));
    watching.on("error", (error) => error.code === grpc.status.CANCELLED || reject(error));
  });

const main = async () => {
  const told = {};
  told.live = await call(client.ServerLive.bind(client), {});
  told.metadata = await call(client.ModelMetadata.bind(client), { name: "delay" });
  const reply = await call(client.ModelInfer.bind(client), infer("delay", [0, 0, 9, 9], "one"));
  told.infer = [reply.id, reply.model_name, predictions(reply)];
  const typed = await call(client.ModelInfer.bind(client), {
    model_name: "delay",
    inputs: [{ name: "input-0", datatype: "FP64", shape: [1, 2], contents: { fp64_contents: [0, 0] } }],
  });
  told.typed = predictions(typed);
  const large = await call(client.ModelInfer.bind(client), infer("delay", new Array(200000).fill(0), "large"));
  told.large = predictions(large).length;
  told.unknown = await call(client.ModelInfer.bind(client), infer("dely", [0, 0], ""));
  told.late = await call(client.ModelInfer.bind(client), infer("delay", [0, 0], ""), { deadline: Date.now() - 1000 });
  told.stream = await stream([infer("delay", [0, 0], "a"), infer("nope", [0, 0], "b"), infer("delay", [9, 9], "c")]);
  told.health = (await call(health.Check.bind(health), { service: "inference.GRPCInferenceService" })).status;
  told.watch = await watch();
  console.log(JSON.stringify(told));
  client.close();
  health.close();
};

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

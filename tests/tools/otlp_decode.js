// SPDX-License-Identifier: GPL-2.0-or-later
// otlp_decode.js PACKAGE logs|metrics FILE: each line is an export request that OpenTelemetry's own
// decoder takes, nothing in it gets lost on the way through protobuf, and 64-bit numbers are texts.
// Prints each fault, then how many records or points there were.
'use strict';
const fs = require('fs');

const [folder, signal, file] = process.argv.slice(2);
const root = require(`${folder}/build/src/generated/root.js`).opentelemetry.proto.collector;
const request = signal === 'logs' ? root.logs.v1.ExportLogsServiceRequest
  : root.metrics.v1.ExportMetricsServiceRequest;
const wide = new Set(['timeUnixNano', 'observedTimeUnixNano', 'startTimeUnixNano', 'intValue', 'asInt']);
let faults = 0;

function fault(text) {
  faults += 1;
  console.log(text);
}

// What was sent is there still; empty lists are not.
function compare(sent, got, place) {
  if (Array.isArray(sent)) {
    if (sent.length > 0 && (!Array.isArray(got) || got.length !== sent.length)) {
      fault(`${place}: ${sent.length} became ${got ? got.length : 'nothing'}`);
    } else {
      sent.forEach((value, i) => compare(value, got[i], `${place}[${i}]`));
    }
  } else if (sent && typeof sent === 'object') {
    for (const [key, value] of Object.entries(sent)) {
      if (key.includes('_')) fault(`${place}.${key}: no name of OTLP's JSON`);
      if (wide.has(key) && !/^[0-9]+$/.test(value)) fault(`${place}.${key}: ${value} is no text of digits`);
      if (got === undefined || got[key] === undefined) {
        if (!(Array.isArray(value) && value.length === 0)) fault(`${place}.${key} gets lost`);
      } else {
        compare(value, got[key], `${place}.${key}`);
      }
    }
  } else if (String(sent) !== String(got)) {
    fault(`${place}: ${sent} became ${got}`);
  }
}

function attributesOf(entry, place) {
  const keys = (entry.attributes || []).map((attribute) => attribute.key);
  if (new Set(keys).size !== keys.length) fault(`${place}: a key comes twice`);
}

function records(whole) {
  const found = [];
  for (const resource of whole.resourceLogs || []) {
    for (const scope of resource.scopeLogs) found.push(...scope.logRecords);
  }
  for (const resource of whole.resourceMetrics || []) {
    for (const scope of resource.scopeMetrics) {
      for (const metric of scope.metrics) found.push(...(metric.sum || metric.gauge).dataPoints);
    }
  }
  return found;
}

let count = 0;
fs.readFileSync(file, 'utf8').split('\n').filter((line) => line).forEach((line, number) => {
  const sent = JSON.parse(line);
  const bytes = request.encode(request.fromObject(sent)).finish();
  const got = request.toObject(request.decode(bytes), { longs: String });
  compare(sent, got, `line ${number + 1}`);
  for (const record of records(sent)) {
    attributesOf(record, `line ${number + 1}`);
    count += 1;
  }
});
console.log(`${count} ${faults}`);

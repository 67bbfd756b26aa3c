#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""answers.py SCHEMA ANSWERS: checks each line of ANSWERS, a document of `tracon --json`, against the
schema, as far as that uses JSON schema: type, required, properties, items, enum, const, minimum,
allOf with if and then, $ref. Stricter than the schema: a name that it does not have is wrong, too.
Prints a line for each fault, then the commands whose answers were seen."""
import json
import sys

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
         "number": (int, float)}


class Checker:
    def __init__(self, schema):
        self.schema = schema
        self.faults = []

    def resolve(self, schema):
        while "$ref" in schema:
            found = self.schema
            for name in schema["$ref"].split("/")[1:]:
                found = found[name]
            schema = found
        return schema

    def matches(self, value, schema):
        return all(value.get(name) == part["const"] for name, part in schema["properties"].items())

    def check(self, value, schema, place):
        schema = self.resolve(schema)
        wanted = TYPES[schema["type"]] if "type" in schema else object
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            self.faults.append(f"{place} is no {schema['type']}")
            return
        if "enum" in schema and value not in schema["enum"]:
            self.faults.append(f"{place} is {value!r}")
        if "minimum" in schema and value < schema["minimum"]:
            self.faults.append(f"{place} is {value}")
        if isinstance(value, list):
            for i, item in enumerate(value):
                self.check(item, schema["items"], f"{place}[{i}]")
        if isinstance(value, dict):
            self.check_object(value, schema, place)

    def check_object(self, value, schema, place):
        properties = dict(schema.get("properties", {}))
        for case in schema.get("allOf", []):
            if self.matches(value, case["if"]):
                properties.update(case["then"]["properties"])
        self.faults += [f"{place} lacks {name}" for name in schema.get("required", [])
                        if name not in value]
        if schema.get("additionalProperties"):
            return
        for name, inner in value.items():
            if name in properties:
                self.check(inner, properties[name], f"{place}.{name}")
            else:
                self.faults.append(f"{place} has {name}, which the schema has not")


def main():
    schema = json.load(open(sys.argv[1]))
    checker = Checker(schema)
    seen = set()
    for line in open(sys.argv[2]):
        answer = json.loads(line)
        checker.check(answer, schema, answer.get("command", "?"))
        if answer.get("status") == 0:
            seen.add(answer["command"])
    for fault in sorted(set(checker.faults)):
        print("fault: " + fault)
    for name in sorted(seen):
        print("seen: " + name)


if __name__ == "__main__":
    main()

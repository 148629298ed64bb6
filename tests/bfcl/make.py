#!/usr/bin/env python3
"""make.py WHEEL OUT [--every]: writes OUT/cases.jsonl and OUT/calls.jsonl from the Berkeley Function Calling Leaderboard.

WHEEL is the extracted wheel of bfcl-eval 2026.3.23 (`pip download --no-deps bfcl-eval==2026.3.23`, then unzip). A case is
a question's tools and its possible answers; calls are the right ones and mutations of them, each with the verdict of BFCL's
own `ast_checker`. Without --every, some cases are taken, each with its right calls and three mutations in turn, which keeps
the files small.
"""
import argparse, copy, importlib, itertools, json, os, sys, types

CATEGORIES = {"simple_python": 50, "multiple": 32, "parallel": 28, "parallel_multiple": 24, "irrelevance": 6}
TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": "string"}
PER_CASE = 3
STRIDE = 7
# Answers that are always taken: one for each way in which the scorer and BFCL differ.
KEPT = {
    "simple_python_13": ["interval: float as whole"],
    "simple_python_122": ["table: whole as float"],
    "simple_python_260": ["area: other type inside", "area: whole as float inside"],
    "simple_python_307": ["venue: other value"],
    "simple_python_337": ["cards: loud inside"],
    "parallel_44": ["amenities: one fewer inside"],
    "parallel_178": ["backwards"],
    "parallel_multiple_21": ["x: loud"],
}


def checker(wheel):
    sys.path.insert(0, wheel)
    # The checker asks the model table only whether "." in names became "_"; the real table imports every vendor's SDK.
    stub = types.ModuleType("bfcl_eval.constants.model_config")
    stub.MODEL_CONFIG_MAPPING = {"any": types.SimpleNamespace(underscore_to_dot=True)}
    sys.modules["bfcl_eval.constants.model_config"] = stub
    python = importlib.import_module("bfcl_eval.constants.enums").Language.PYTHON
    check = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker").ast_checker
    return lambda functions, calls, answer, category: check(functions, calls, answer, python, category, "any")


def rows(*path):
    with open(os.path.join(*path), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def api_name(name):
    return name.replace(".", "_")


def schema(node):
    """The JSON Schema of a BFCL schema, without what says nothing of types."""
    out = {"type": TYPES.get(node["type"], node["type"])}
    if "enum" in node:
        out["enum"] = node["enum"]
    if "properties" in node:
        out["properties"] = {name: schema(part) for name, part in node["properties"].items()}
    if "items" in node:
        out["items"] = schema(node["items"])
    if "required" in node:
        out["required"] = node["required"]
    return out


def plain(answer):
    """Every plain object that a possible dict (values are lists of alternatives, "" leaves the key out) stands for."""
    names = list(answer)
    for choice in itertools.product(*(answer[name] for name in names)):
        yield {name: value for name, value in zip(names, choice) if value != ""}


def accepted(answers, node):
    """The accepted values of an argument and whether it may be left out."""
    optional = "" in answers
    given = [answer for answer in answers if answer != ""]
    if node["type"] == "dict" and all(isinstance(a, dict) and all(isinstance(v, list) for v in a.values()) for a in given):
        given = [value for answer in given for value in plain(answer)]
    elif node["type"] in ("array", "tuple") and node["items"]["type"] == "dict":
        given = [list(choice) for answer in given for choice in itertools.product(*(list(plain(d)) for d in answer))]
    if optional and (node["type"] == "string" or not given):
        given.append("")  # BFCL takes the mark itself, an empty text, for a right value too
    return {"any_of": given, "optional": optional}


def calls_of(case):
    """The right calls, with every optional argument that has a value, and without."""
    full, least = [], []
    for call in case["expected"]:
        values = {name: accept["any_of"][0] for name, accept in call["accept"].items()}
        full.append({"name": call["name"], "arguments": {n: v for n, v in values.items() if v != "" or not call["accept"][n]["optional"]}})
        least.append({"name": call["name"], "arguments": {n: v for n, v in values.items() if not call["accept"][n]["optional"]}})
    return full, least


def other_type(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return 5


def other_value(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return value + " or else"
    return value[:-1] if isinstance(value, list) else {}


def loud(value):
    if isinstance(value, str):
        return value.upper().replace(" ", "-")
    return [loud(item) for item in value] if isinstance(value, list) else value


def numbers(value, wanted):
    """The value with whole numbers written as `wanted` (int or float) writes them."""
    if isinstance(value, list):
        return [numbers(item, wanted) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer():
        return wanted(value)
    return value


def changed(calls, name, change):
    """The calls with one argument of the last call changed; None when that changes nothing."""
    calls = copy.deepcopy(calls)
    arguments = calls[-1]["arguments"]
    old = json.dumps(arguments[name])
    arguments[name] = change(arguments[name])
    return None if json.dumps(arguments[name]) == old else calls


def inside(change):
    """The change, made to the first thing inside a list or an object."""
    def deep(value):
        if isinstance(value, list) and value:
            return [deep(value[0]) if isinstance(value[0], (list, dict)) else change(value[0])] + value[1:]
        if isinstance(value, dict) and value:
            first = next(iter(value))
            return {**value, first: deep(value[first]) if isinstance(value[first], (list, dict)) else change(value[first])}
        return value
    return deep


CHANGES = {
    "other type": other_type,
    "other value": other_value,
    "loud": loud,
    "null": lambda _: None,
    "listed": lambda value: [value],
    "whole as float": lambda value: numbers(value, float),
    "float as whole": lambda value: numbers(value, int),
    "truth as number": lambda value: int(value) if isinstance(value, bool) else value,
    "number as truth": lambda value: bool(value) if value in (0, 1) else value,
    "empty text": lambda value: "" if isinstance(value, str) else value,
    "other type inside": inside(other_type),
    "other value inside": inside(other_value),
    "loud inside": inside(loud),
    "null inside": inside(lambda _: None),
    "whole as float inside": inside(lambda value: numbers(value, float)),
    "float as whole inside": inside(lambda value: numbers(value, int)),
    "one more inside": lambda v: v + v[:1] if isinstance(v, list) else {**v, "extra": 1} if isinstance(v, dict) else v,
    "one fewer inside": lambda v: v[1:] if isinstance(v, list) else dict(list(v.items())[1:]) if isinstance(v, dict) else v,
    "backwards inside": lambda v: v[::-1] if isinstance(v, list) else dict(list(v.items())[::-1]) if isinstance(v, dict) else v,
}


def mutations(case):
    """Named mutations of the right calls; some leave them right."""
    full, least = calls_of(case)
    last = full[-1]
    tool = next(tool for tool in case["tools"] if tool["name"] == last["name"])
    required = sorted(set(tool["parameters"]["required"]) & set(last["arguments"]))
    others = [tool["name"] for tool in case["tools"] if tool["name"] != last["name"]]
    but_last = full[:-1]
    yield "optional left out", least
    yield "no call", []
    yield "one call more", full + [last]
    yield "unknown tool", but_last + [{**last, "name": last["name"] + "_v2"}]
    if others:
        yield "wrong tool", but_last + [{**last, "name": others[0]}]
    yield "malformed", but_last + [{"name": last["name"], "raw": json.dumps(last["arguments"])[:-1]}]
    yield "double encoded", but_last + [{"name": last["name"], "raw": json.dumps(json.dumps(last["arguments"]))}]
    if required:
        yield "missing", but_last + [{**last, "arguments": {n: v for n, v in last["arguments"].items() if n != required[0]}}]
    yield "unexpected", but_last + [{**last, "arguments": {**last["arguments"], "verbose": True}}]
    if len(full) > 1:
        yield "backwards", full[::-1]
        yield "one call fewer", but_last
        yield "one call twice", full[:1] + full[:-1]
    structured = [n for n, v in last["arguments"].items() if isinstance(v, (list, dict))]
    if structured:
        encoded = {**last["arguments"], structured[0]: json.dumps(last["arguments"][structured[0]])}
        yield "argument double encoded", but_last + [{**last, "arguments": encoded}]
    for argument in sorted(last["arguments"]):
        for name, change in CHANGES.items():
            calls = changed(full, argument, change)
            if calls:
                yield f"{argument}: {name}", calls


def convert(question, answers):
    tools = [{"name": api_name(f["name"]), "parameters": schema(f["parameters"])} for f in question["function"]]
    details = {f["name"]: f["parameters"]["properties"] for f in question["function"]}
    expected = []
    for answer in answers or []:
        (name, arguments), = answer.items()
        # An argument that the schema does not know is an error of the data: the checker takes no value for it.
        known = {a: accepted(v, details[name][a]) for a, v in arguments.items() if a in details[name]}
        expected.append({"name": api_name(name), "accept": known})
    return {"id": question["id"], "tools": tools, "expected": expected}


def verdict(check, question, calls, answers):
    if answers is None:
        return (not calls, None if not calls else "irrelevance")
    if not calls:
        return False, "no_call"
    if any("raw" in call for call in calls):
        return False, "not_an_object"
    found = check(question["function"], [{c["name"]: copy.deepcopy(c["arguments"])} for c in calls], answers, question["id"].rsplit("_", 1)[0])
    return found["valid"], None if found["valid"] else found["error_type"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel"), parser.add_argument("out"), parser.add_argument("--every", action="store_true")
    given = parser.parse_args()
    check, data = checker(given.wheel), os.path.join(given.wheel, "bfcl_eval", "data")
    cases, lines = [], []
    for category, wanted in CATEGORIES.items():
        questions = rows(data, f"BFCL_v4_{category}.json")
        answers = {} if category == "irrelevance" else {r["id"]: r["ground_truth"] for r in rows(data, "possible_answer", f"BFCL_v4_{category}.json")}
        sample = {question["id"] for question in questions[:: 1 if given.every else len(questions) // wanted]} | set(KEPT)
        for question in (question for question in questions if question["id"] in sample):
            case, answer = convert(question, answers.get(question["id"])), answers.get(question["id"])
            if answer is None:
                some = {"name": case["tools"][0]["name"], "arguments": {}}
                chosen = [("right", []), ("called", [some])]
            else:
                every = list(mutations(case))
                start = len(cases) * STRIDE
                some = every if given.every else [every[(start + step * STRIDE) % len(every)] for step in range(PER_CASE)]
                some += [one for one in every if one[0] in KEPT.get(case["id"], []) and one not in some]
                chosen = [("right", calls_of(case)[0])] + some
            cases.append(case)
            for what, calls in chosen:
                valid, error = verdict(check, question, calls, answer)
                lines.append({"id": case["id"], "what": what, "calls": calls, "valid": valid, "error": error})
    for name, values in (("cases", cases), ("calls", lines)):
        with open(os.path.join(given.out, name + ".jsonl"), "w", encoding="utf-8") as out:
            out.writelines(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n" for value in values)
    print(len(cases), "cases,", len(lines), "answers")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""make.py WHEEL OUT [--every]: writes OUT/cases.jsonl, OUT/calls.jsonl and OUT/differences.jsonl from the Berkeley
Function Calling Leaderboard.

WHEEL is the extracted wheel of bfcl-eval 2026.3.23 (`pip download --no-deps bfcl-eval==2026.3.23`, then unzip). A case is
a question's tools and its possible answers; calls are the right ones and mutations of them, each with the verdict of BFCL's
own `ast_checker`. Without --every, an even sample of the questions is taken, each with its right calls and some mutations in
turn, which keeps the files small; `differences.jsonl` then holds the answers that KEPT names.
"""
import argparse, copy, importlib, itertools, json, os, sys, types

from literals import literal

# Category: questions of the sample, and mutations of each.
CATEGORIES = {
    "simple_python": (67, 4), "simple_java": (50, 5), "simple_javascript": (50, 5), "multiple": (50, 5), "parallel": (50, 5),
    "parallel_multiple": (50, 5), "irrelevance": (40, 3), "live_simple": (60, 5), "live_multiple": (60, 5),
    "live_parallel": (16, 16), "live_parallel_multiple": (24, 10), "live_irrelevance": (40, 3), "live_relevance": (16, 3),
}
TYPES = {
    "dict": "object", "float": "number", "tuple": "array", "any": "string",
    "byte": "integer", "short": "integer", "long": "integer", "Bigint": "integer", "double": "number", "char": "string",
    "String": "string", "Boolean": "boolean", "Array": "array", "ArrayList": "array", "HashMap": "object",
}
LANGUAGES = {"simple_java": "java", "simple_javascript": "javascript"}
STRIDE = 7
# Answers to look at: one for each way in which the scorer and BFCL differ.
KEPT = [
    ("simple_python_13", "interval: float as whole"),
    ("simple_python_89", "conditions: null inside"),
    ("simple_python_89", "conditions: other type inside"),
    ("simple_python_122", "table: listed"),
    ("simple_python_122", "table: whole as float"),
    ("simple_python_260", "area: whole as float inside"),
    ("simple_python_307", "venue: other value"),
    ("simple_python_337", "cards: loud inside"),
    ("simple_java_26", "concurrency: empty text"),
    ("simple_java_26", "concurrency: loud"),
    ("simple_javascript_5", "store: loud inside"),
    ("simple_javascript_5", "store: one more inside"),
    ("parallel_44", "amenities: one fewer inside"),
    ("parallel_178", "backwards"),
    ("parallel_multiple_67", "coefficients: float as whole"),
]


def checker(wheel):
    sys.path.insert(0, wheel)
    # The checker asks the model table only whether "." in names became "_"; the real table imports every vendor's SDK.
    stub = types.ModuleType("bfcl_eval.constants.model_config")
    stub.MODEL_CONFIG_MAPPING = {"any": types.SimpleNamespace(underscore_to_dot=True)}
    sys.modules["bfcl_eval.constants.model_config"] = stub
    language = importlib.import_module("bfcl_eval.constants.enums").Language
    check = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker").ast_checker
    kinds = "bfcl_eval.eval_checker.ast_eval.type_convertor."
    convert = {
        "java": importlib.import_module(kinds + "java_type_converter").java_type_converter,
        "javascript": importlib.import_module(kinds + "js_type_converter").js_type_converter,
    }

    def judge(functions, calls, answer, category):
        spoken = LANGUAGES.get(category, "python")
        if spoken != "python":
            calls = [written(functions, call, spoken, convert[spoken]) for call in calls]
            if None in calls:
                return None
        try:
            return check(functions, calls, answer, language(spoken), category, "any")
        except (AttributeError, IndexError, KeyError, TypeError):
            return None  # the checker breaks on the answer
    return judge


def written(functions, call, language, convert):
    """The call with every argument as a literal of the language, which is how the checker reads it; None where no literal
    becomes the value again."""
    (name, arguments), = call.items()
    nodes = functions[0]["parameters"]["properties"]
    literals = {n: literal(v, nodes[n], language, convert) if n in nodes else str(v) for n, v in arguments.items()}
    return None if None in literals.values() else {name: literals}


def rows(*path):
    with open(os.path.join(*path), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def api_name(name):
    return name.replace(".", "_")


def schema(node):
    """The JSON Schema of a BFCL schema, without what says nothing of types."""
    out = {"type": TYPES.get(node["type"], node["type"])} if node["type"] else {}
    if "properties" in node:
        out["properties"] = {name: schema(part) for name, part in node["properties"].items()}
    if "items" in node:
        out["items"] = schema(node["items"])
    if "required" in node:
        out["required"] = node["required"]
    return out


def plain(answer):
    """Every plain object that a possible dict (values are lists of alternatives, "" leaves the key out) stands for. One that
    is plain already stands for itself."""
    if not all(isinstance(values, list) for values in answer.values()):
        yield answer
        return
    names = list(answer)
    for choice in itertools.product(*(answer[name] for name in names)):
        yield {name: value for name, value in zip(names, choice) if value != ""}


def accepted(answers, node):
    """The accepted values of an argument and whether it may be left out."""
    optional = "" in answers
    given = [answer for answer in answers if answer != ""]
    if TYPES.get(node["type"]) == "object":
        given = [value for a in given for value in (plain(a) if isinstance(a, dict) else [a])]
    elif TYPES.get(node["type"], node["type"]) == "array" and node["items"]["type"] == "dict":
        given = [value for a in given for value in (map(list, itertools.product(*map(plain, a))) if isinstance(a, list) else [a])]
    if optional and (TYPES.get(node["type"], node["type"]) == "string" or isinstance(next(iter(given), ""), str)):
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
    "a word": lambda value: value if isinstance(value, str) else "seven",
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
    required = sorted(set(tool["parameters"].get("required", [])) & set(last["arguments"]))
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


def verdict(check, question, category, calls, answers):
    """Whether BFCL takes the calls, and its error; None where its checker cannot read them."""
    if category.endswith("irrelevance"):
        return (not calls, None if not calls else "irrelevance")
    if category.endswith("relevance"):
        return (bool(calls), None if calls else "no_call")
    if not calls:
        return False, "no_call"
    if any("raw" in call for call in calls):
        return False, "not_an_object"
    calls = [{call["name"]: copy.deepcopy(call["arguments"])} for call in calls]
    found = check(question["function"], calls, answers, category)
    return found and (found["valid"], None if found["valid"] else found["error_type"])


def chosen(case, category, place, number):
    """The answers to a case: the right one, and mutations; all of them where no number is given."""
    if not category.endswith("relevance"):
        every = list(mutations(case))
        some = every if number is None else [every[(place * number + step) * STRIDE % len(every)] for step in range(number)]
        # Strides may meet again.
        return [("right", calls_of(case)[0])] + [one for at, one in enumerate(some) if one[0] not in [name for name, _ in some[:at]]]
    calls = [{"name": tool["name"], "arguments": {}} for tool in case["tools"]]
    none, some = ("no call", []), [("called", calls[:1]), ("called twice", calls[:1] * 2), ("called the last", calls[-1:])]
    if category == "live_relevance":
        return [none] + some[:2]
    return [none] + (some if number is None else [some[(place + step) % 3] for step in range(min(number, 2))])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel"), parser.add_argument("out"), parser.add_argument("--every", action="store_true")
    given = parser.parse_args()
    check, data = checker(given.wheel), os.path.join(given.wheel, "bfcl_eval", "data")
    files = {"cases": [], "calls": [], "differences": []}
    for category, (wanted, number) in CATEGORIES.items():
        questions = rows(data, f"BFCL_v4_{category}.json")
        labelled = not category.endswith("relevance")
        answers = {r["id"]: r["ground_truth"] for r in rows(data, "possible_answer", f"BFCL_v4_{category}.json")} if labelled else {}
        step = 1 if given.every else max(1, len(questions) // wanted)
        sample = [question["id"] for question in questions[::step]]
        counts = dict.fromkeys(["questions", "answers", "unread"], 0)
        for place, question in enumerate(question for question in questions if question["id"] in sample or (question["id"] in {kept[0] for kept in KEPT} and not given.every)):
            answer = answers.get(question["id"])
            case = convert(question, answer)
            if any(not accept["any_of"] for call in case["expected"] for accept in call["accept"].values()):
                continue  # an argument that must be there and of which no value is right
            if labelled and (verdict(check, question, category, calls_of(case)[0], answer) or [True])[0] is False:
                continue  # labels that contradict the tools: the checker refuses what they ask for
            if category == "live_relevance":
                case["demanded"] = True
            parts = {"calls": chosen(case, category, place, None if given.every else number) if question["id"] in sample else []}
            if not given.every and labelled:
                parts["differences"] = [one for one in mutations(case) if (case["id"], one[0]) in KEPT]
            files["cases"].append(case)
            counts["questions"] += 1
            for part, named in parts.items():
                for what, calls in named:
                    found = verdict(check, question, category, calls, answer)
                    counts["answers" if found else "unread"] += 1
                    if found:
                        files[part].append({"id": case["id"], "what": what, "calls": calls, "valid": found[0], "error": found[1]})
        print(category, counts)
    for name, values in files.items():
        with open(os.path.join(given.out, name + ".jsonl"), "w", encoding="utf-8") as out:
            out.writelines(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n" for value in values)


if __name__ == "__main__":
    main()

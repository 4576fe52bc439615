//! `std/calc`: exact where it can be, right where it rounds, and errors that say where.

use serde_json::json;

use crate::Test;
use crate::node;
use crate::tool::{call, fails};

pub(crate) const TESTS: &[Test] = &[
    ("calc/exact", exact),
    ("calc/rounded", rounded),
    ("calc/precedence", precedence),
    ("calc/digits", digits),
    ("calc/errors_say_where", errors_say_where),
    ("calc/doubles_of_node", doubles_of_node),
];

fn result(expression: &str) -> String {
    call("calc", &json!({"expression": expression}))["result"].as_str().unwrap().to_owned()
}

fn exact() {
    for (expression, wanted) in [
        ("0.1 + 0.2", "0.3"),
        ("1.1 * 1.1 - 1.21", "0"),
        ("2^200", "1606938044258990275541962092341162602522202993782792835301376"),
        ("9007199254740993 * 3", "27021597764222979"),
        ("10 / 4", "2.5"),
        ("1e3 + .5 + 5.", "1005.5"),
        ("7 % 3 + -7 % 3", "0"),
        ("gcd(84, 36, 60) + lcm(4, 6)", "24"),
        ("factorial(20)", "2432902008176640000"),
        ("sum(1, 2, 3.5) / mean(1, 2) - median(9, 1, 2, 4)", "1.333333333333333333333333333333333"),
        ("round(2.675, 2) + round(-0.5) + round(1234, -2)", "1201.68"),
        ("max(3, 7, 5) - min(3, 7, 5)", "4"),
    ] {
        assert_eq!(result(expression), wanted, "{expression}");
    }
    assert_eq!(call("calc", &json!({"expression": "0.1 + 0.2"}))["exact"], true);
    assert_eq!(call("calc", &json!({"expression": "1 / 3"}))["exact"], false);
}

fn rounded() {
    for (expression, wanted) in [
        ("1 / 3", "0.3333333333333333333333333333333333"),
        ("1 / 3 * 3", "1"),
        ("sqrt(2)", "1.414213562373095048801688724209698"),
        ("sqrt(2)^2", "2"),
        ("pi", "3.141592653589793238462643383279503"),
        ("e", "2.718281828459045235360287471352662"),
        ("sin(pi)", "0"),
        ("cos(pi / 3)", "0.5"),
        ("ln(e^5)", "5"),
        ("log(1000) + log(8, 2)", "6"),
        ("2^400", "2.582249878086908589655919172003012e+120"),
        ("1 / 7^200", "9.469506016847118346e-170"),
    ] {
        let found = result(expression);
        // The last case is about the form; its digits are those of the others' kind.
        if wanted.ends_with("e-170") {
            assert!(found.ends_with("e-170") && found.len() > 30, "{found}");
        } else {
            assert_eq!(found, wanted, "{expression}");
        }
    }
}

fn precedence() {
    for (expression, wanted) in [
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("2^3^2", "512"),
        ("-2^2", "-4"),
        ("(-2)^2", "4"),
        ("2^-1", "0.5"),
        ("2 ** 3 × 2 ÷ 4 − 1", "3"),
        ("10 - 3 - 2", "5"),
        ("100 / 10 / 2", "5"),
        ("- - 3", "3"),
        ("ABS(-3) + PI - pi", "3"),
    ] {
        assert_eq!(result(expression), wanted, "{expression}");
    }
}

fn digits() {
    let rounded = |expression: &str, digits: u32| {
        let answer = call("calc", &json!({"expression": expression, "digits": digits}));
        (answer["result"].as_str().unwrap().to_owned(), answer["exact"].as_bool().unwrap())
    };
    assert_eq!(rounded("2 / 3", 2), ("0.67".to_owned(), false));
    assert_eq!(rounded("1.005", 2), ("1.01".to_owned(), false));
    assert_eq!(rounded("12", 2), ("12.00".to_owned(), true));
    assert_eq!(rounded("-0.001", 2), ("0.00".to_owned(), false));
}

fn errors_say_where() {
    for (expression, wanted) in [
        ("2 +", "a number is missing before the end at character 4"),
        ("2 + * 3", "a number is missing before `*` at character 5"),
        ("(1 + 2", "`)` is missing before the end at character 7; the `(` is at character 1"),
        ("1 + 2)", "`)` without `(` at character 6"),
        ("1,234.5 + 1", "unexpected `,` at character 2; write numbers without thousands separators: 1234.5"),
        ("2(3)", "an operator is missing before `(` at character 2; multiplication is written with *"),
        ("4 * squirt(2)", "unknown name `squirt` at character 5; did you mean `sqrt`?"),
        ("sqrt 4", "`sqrt` is a function at character 1; write sqrt(…)"),
        ("sqrt(1, 2)", "`sqrt` takes one number, not 2, at character 1"),
        ("round()", "`round` takes 1 or 2 numbers, not 0, at character 1"),
        ("1 / (2 - 2)", "division by zero at character 3"),
        ("1 + sqrt(-4)", "sqrt needs a number from 0 on, not -4 at character 5"),
        ("ln(0)", "a logarithm needs a number above 0, not 0 at character 1"),
        ("9^9^9", "the result is too large at character 2; numbers go up to 10^100000"),
        ("(-8)^0.5", "a negative number has whole powers only at character 5"),
        ("5 $ 3", "unexpected `$` at character 3; an expression has numbers, + - * / % ^, parentheses and functions"),
        ("", "the expression is empty; write one such as 2 * (3 + 4)"),
    ] {
        let message = fails("calc", &json!({"expression": expression}));
        assert_eq!(message.strip_prefix("Error: "), Some(wanted), "{expression}");
    }
}

/// Where doubles are good enough, JavaScript agrees.
fn doubles_of_node() {
    let cases = [
        "1.5 * 8 - 3",
        "7 / 8",
        "2 ** 10",
        "10 % 4",
        "-10 % 4",
        "(1 + 2) * (3 + 4) / 2",
        "1e3 / 8",
        "2 ** 3 ** 2",
        "1 - 2 - 3 * 4 / 8",
        "0.5 ** 3",
        "100 / 2 / 5 % 3",
        "((((3))))",
    ];
    let program = format!("console.log(JSON.stringify([{}]))", cases.map(|case| format!("String({case})")).join(","));
    let Some(wanted) = node::run(&program) else { return };
    for (case, wanted) in cases.iter().zip(wanted.as_array().unwrap()) {
        assert_eq!(&json!(result(case)), wanted, "{case}");
    }
}

//! A record in which something of everything happens.

use crate::trace::Trace;

pub(super) const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
pub(super) const ROOT_SPAN: u64 = 0x00f0_67aa_0ba9_02b7;
pub(super) const TOOL_SPAN: u64 = 0x11f0_67aa_0ba9_02b7;

/// The record.
pub(super) fn trace() -> Trace {
    serde_json::from_str(
        r#"{
        "id": "0123456789abcdef0123456789abcdef", "root": "0123456789abcdef0123456789abcdef",
        "span": {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7", "parent_id": "0000000000000009"},
        "agent": "lead", "session": "fedcba9876543210fedcba9876543210", "subject": "user:ann", "model": "fast",
        "service": {"provider": "gemini", "model": "gemini-3.5-flash"}, "bundle": "b3:00", "status": "failed",
        "error": {"code": "model-unavailable", "detail": "the model's service failed"},
        "started": "2026-11-26T17:02:09.112Z", "duration_ms": 250.0,
        "usage": {"input_tokens": 7, "cached_input_tokens": 1, "output_tokens": 3, "model_calls": 2, "tool_calls": 2},
        "message": {"text": "hunter22 for a cake"},
        "steps": [
            {"model": {"turn": 1, "at_ms": 0.0, "took_ms": 10.0, "usage": {"input_tokens": 7, "cached_input_tokens": 1, "output_tokens": 3}}},
            {"tool": {"span": {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "11f067aa0ba902b7", "parent_id": "00f067aa0ba902b7"},
                "call": "c1", "name": "order", "tool": "https://shop.example/mcp#order", "class": "write", "at_ms": 10.5,
                "took_ms": 20.0, "status": "done", "arguments": {"json": {"card":"hunter22"}}, "result": {"json": "ordered"}}},
            {"tool": {"span": {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "12f067aa0ba902b7", "parent_id": "00f067aa0ba902b7"},
                "call": "c2", "name": "fly\u001b[2J", "at_ms": 10.5, "took_ms": 0.0, "status": "invalid", "arguments": {"json": {}}}},
            {"model": {"turn": 2, "at_ms": 100.0, "retries": 3, "usage": {"input_tokens": 0, "cached_input_tokens": 0, "output_tokens": 0}}}
        ]}"#,
    )
    .unwrap()
}

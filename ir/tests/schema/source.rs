//! Finds the stored types in the crate's source: those that derive `Encode`, those whose codec is written by hand, and
//! the names made by the `name!` macro.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Fields, Item};

/// A stored type.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    /// Fields in order.
    Struct(Vec<Field>, Form),
    /// Variants in order.
    Enum(Vec<(String, Vec<Field>, Form)>),
    /// A text that matches a pattern.
    Name(String),
    /// What encoding and decoding do, as source without spaces.
    ByHand(Vec<String>),
}

/// How fields are written down in Rust; the encoding is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Named,
    Unnamed,
    Unit,
}

/// A field; unnamed ones have an empty name.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Without spaces and paths.
    pub(crate) ty: String,
}

/// Every stored type of the crate, by name.
#[derive(Debug, Default)]
pub(crate) struct Types(BTreeMap<String, Stored>);

impl Types {
    /// Reads the modules that define stored types.
    pub(crate) fn read() -> Self {
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut types = Self::default();
        for module in ["program", "schedule", "digest"] {
            types.read_module(&source.join(module));
        }
        types
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Stored> {
        self.0.get(name)
    }

    /// Reads `foo.rs` and everything under `foo/`.
    fn read_module(&mut self, stem: &Path) {
        let text = std::fs::read_to_string(stem.with_extension("rs")).unwrap();
        let file = syn::parse_file(&text).unwrap();
        let constants = constants(&file.items);
        for item in file.items {
            self.read_item(item, &constants);
        }
        let Ok(folder) = std::fs::read_dir(stem) else { return };
        let mut children: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        children.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
        children.sort();
        for child in children {
            self.read_module(&child.with_extension(""));
        }
    }

    fn read_item(&mut self, item: Item, constants: &BTreeMap<String, String>) {
        match item {
            Item::Struct(item) if derives_encode(&item.attrs) => {
                let form = form(&item.fields);
                self.insert(item.ident.to_string(), Stored::Struct(fields(&item.fields), form));
            }
            Item::Enum(item) if derives_encode(&item.attrs) => {
                let variants = item.variants.iter();
                let variants = variants.map(|v| (v.ident.to_string(), fields(&v.fields), form(&v.fields))).collect();
                self.insert(item.ident.to_string(), Stored::Enum(variants));
            }
            Item::Impl(item) => self.read_codec(&item),
            Item::Macro(item) if item.mac.path.is_ident("name") => {
                let name: NameMacro = syn::parse2(item.mac.tokens).unwrap();
                let pattern = constants.get(&name.pattern).cloned().unwrap_or(name.pattern);
                self.insert(name.ident, Stored::Name(pattern));
            }
            _ => {}
        }
    }

    /// Adds what `impl Encode for X` and `impl Decode for X` do to the listing of `X`.
    fn read_codec(&mut self, item: &syn::ItemImpl) {
        let Some((_, path, _)) = &item.trait_ else { return };
        let of = path.segments.last().unwrap().ident.to_string();
        if of != "Encode" && of != "Decode" {
            return;
        }
        let body: String = item.items.iter().map(compact).collect();
        match self.0.entry(compact(&item.self_ty)).or_insert_with(|| Stored::ByHand(Vec::new())) {
            Stored::ByHand(bodies) => bodies.push(body),
            other => panic!("a derived codec and a hand-written one: {other:?}"),
        }
    }

    fn insert(&mut self, name: String, stored: Stored) {
        assert!(!self.0.contains_key(&name), "two stored types are called {name}; the listings need different names");
        self.0.insert(name, stored);
    }
}

/// `name!(/** docs */ Ident, PATTERN, …)`.
struct NameMacro {
    ident: String,
    pattern: String,
}

impl Parse for NameMacro {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Attribute::parse_outer)?;
        let ident: syn::Ident = input.parse()?;
        input.parse::<syn::Token![,]>()?;
        let pattern: syn::Ident = input.parse()?;
        while !input.is_empty() {
            input
                .step(|cursor| cursor.token_tree().map(|(_, rest)| ((), rest)).ok_or_else(|| cursor.error("tokens")))?;
        }
        Ok(Self { ident: ident.to_string(), pattern: pattern.to_string() })
    }
}

/// Text constants of a file, for the patterns of names.
fn constants(items: &[Item]) -> BTreeMap<String, String> {
    let constants = items.iter().filter_map(|item| match item {
        Item::Const(item) => Some((item.ident.to_string(), &*item.expr)),
        _ => None,
    });
    let texts = constants.filter_map(|(name, value)| match value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some((name, text.value())),
        _ => None,
    });
    texts.collect()
}

fn derives_encode(attributes: &[Attribute]) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        attribute
            .parse_nested_meta(|meta| {
                found |= meta.path.segments.last().is_some_and(|segment| segment.ident == "Encode");
                Ok(())
            })
            .unwrap();
    }
    found
}

fn form(fields: &Fields) -> Form {
    match fields {
        Fields::Named(_) => Form::Named,
        Fields::Unnamed(_) => Form::Unnamed,
        Fields::Unit => Form::Unit,
    }
}

fn fields(fields: &Fields) -> Vec<Field> {
    let name = |field: &syn::Field| field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    fields.iter().map(|field| Field { name: name(field), ty: compact(&field.ty) }).collect()
}

/// Source without spaces.
fn compact(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().split_whitespace().collect()
}

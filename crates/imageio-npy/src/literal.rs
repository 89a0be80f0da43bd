//! The few Python literals that an NPY header is made of.

use std::iter::Peekable;
use std::str::CharIndices;

/// A literal of Python.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    None,
    Bool(bool),
    Int(i128),
    Str(String),
    /// A tuple or a list.
    Sequence(Vec<Literal>),
    /// A dictionary, in order.
    Dict(Vec<(Literal, Literal)>),
}

/// Deeper than any descriptor of nested fields that makes sense.
const MAX_DEPTH: usize = 32;

/// Reads one literal; the error says what is wrong and where.
pub(crate) fn parse(text: &str) -> Result<Literal, String> {
    let mut parser = Parser { text, chars: text.char_indices().peekable() };
    let literal = parser.value(0)?;
    match parser.peek() {
        None => Ok(literal),
        Some(_) => Err(parser.expected("the end")),
    }
}

struct Parser<'t> {
    text: &'t str,
    chars: Peekable<CharIndices<'t>>,
}

impl Parser<'_> {
    /// The next character that is no white space.
    fn peek(&mut self) -> Option<char> {
        while self.chars.next_if(|(_, c)| c.is_whitespace() || *c == '\0').is_some() {}
        self.chars.peek().map(|(_, c)| *c)
    }

    fn at(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn expected(&mut self, what: &str) -> String {
        format!("expected {what} at character {}", self.at())
    }

    fn value(&mut self, depth: usize) -> Result<Literal, String> {
        if depth > MAX_DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        match self.peek() {
            Some('{') => {
                self.chars.next();
                self.dict(depth + 1)
            }
            Some('(') => self.sequence(')', depth + 1),
            Some('[') => self.sequence(']', depth + 1),
            Some(quote @ ('\'' | '"')) => self.string(quote),
            Some('-' | '+' | '0'..='9') => self.int(),
            Some(c) if c.is_alphabetic() => self.word(depth),
            _ => Err(self.expected("a value")),
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Literal, String> {
        let mut items = Vec::new();
        loop {
            if self.peek() == Some('}') {
                self.chars.next();
                return Ok(Literal::Dict(items));
            }
            let key = self.value(depth)?;
            if self.peek() != Some(':') {
                return Err(self.expected("`:`"));
            }
            self.chars.next();
            items.push((key, self.value(depth)?));
            self.comma('}')?;
        }
    }

    fn sequence(&mut self, end: char, depth: usize) -> Result<Literal, String> {
        self.chars.next();
        let mut items = Vec::new();
        loop {
            if self.peek() == Some(end) {
                self.chars.next();
                return Ok(Literal::Sequence(items));
            }
            items.push(self.value(depth)?);
            self.comma(end)?;
        }
    }

    fn comma(&mut self, end: char) -> Result<(), String> {
        match self.peek() {
            Some(',') => {
                self.chars.next();
                Ok(())
            }
            Some(c) if c == end => Ok(()),
            _ => Err(self.expected(&format!("`,` or `{end}`"))),
        }
    }

    fn string(&mut self, quote: char) -> Result<Literal, String> {
        self.chars.next();
        let mut out = String::new();
        loop {
            match self.chars.next() {
                None => return Err("a text without an end".to_owned()),
                Some((_, c)) if c == quote => return Ok(Literal::Str(out)),
                Some((_, '\\')) => out.extend(self.chars.next().map(|(_, c)| c)),
                Some((_, c)) => out.push(c),
            }
        }
    }

    fn int(&mut self) -> Result<Literal, String> {
        let start = self.at();
        self.chars.next();
        while self.chars.next_if(|(_, c)| c.is_ascii_digit()).is_some() {}
        let end = self.at();
        // Python 2 wrote long integers as `3L`.
        self.chars.next_if(|(_, c)| *c == 'L');
        let digits = self.text.get(start..end).unwrap_or_default();
        digits.parse().map(Literal::Int).map_err(|_| format!("`{digits}` is no integer of a size that makes sense"))
    }

    fn word(&mut self, depth: usize) -> Result<Literal, String> {
        let start = self.at();
        while self.chars.next_if(|(_, c)| c.is_alphanumeric()).is_some() {}
        let end = self.at();
        match self.text.get(start..end).unwrap_or_default() {
            "True" => Ok(Literal::Bool(true)),
            "False" => Ok(Literal::Bool(false)),
            "None" => Ok(Literal::None),
            // The prefixes of Python 2's and of raw texts.
            "u" | "b" | "r" if matches!(self.peek(), Some('\'' | '"')) => self.value(depth + 1),
            word => Err(format!("`{word}` is no literal")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_numpy_writes() {
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4L,), }   \n";
        let Ok(Literal::Dict(items)) = parse(text) else { panic!("no dictionary") };
        assert_eq!(items[0].1, Literal::Str("<f8".into()));
        assert_eq!(items[1].1, Literal::Bool(false));
        assert_eq!(items[2].1, Literal::Sequence(vec![Literal::Int(3), Literal::Int(4)]));
        assert_eq!(parse("()"), Ok(Literal::Sequence(vec![])));
        assert_eq!(parse("u\"a\\'b\""), Ok(Literal::Str("a'b".into())));
        assert!(matches!(parse("[('a', '<f4'), ('b', '<i2', (2,))]"), Ok(Literal::Sequence(s)) if s.len() == 2));
    }

    #[test]
    fn what_it_never_writes() {
        let deep = "(".repeat(100_000);
        for text in [
            "",
            "{",
            "{'a'}",
            "(1 2)",
            "'abc",
            "{'a': }",
            "1 2",
            "99999999999999999999999999999999999999999",
            "--1",
            "x()",
            &deep,
        ] {
            assert!(parse(text).is_err(), "{text:.20}");
        }
    }
}

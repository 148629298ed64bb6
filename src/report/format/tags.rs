//! Writing HTML: tags and attribute names are fixed in the code, everything else is escaped, every tag is closed.

use super::escape;
use crate::report::chart::Svg;

/// HTML under way.
pub(super) struct Html {
    out: String,
}

impl Html {
    pub(super) fn new() -> Self {
        Self { out: "<!doctype html>\n".to_owned() }
    }

    /// An element and what is inside it.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: &[(&'static str, &str)],
        inside: impl FnOnce(&mut Self),
    ) {
        self.open(tag, attributes);
        inside(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
        if !INLINE.contains(&tag) {
            self.out.push('\n');
        }
    }

    /// An element that holds text.
    pub(super) fn leaf(&mut self, tag: &'static str, attributes: &[(&'static str, &str)], text: &str) {
        self.element(tag, attributes, |html| html.text(text));
    }

    /// An element that never holds anything, such as `meta`.
    pub(super) fn void(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.open(tag, attributes);
        self.out.push('\n');
    }

    pub(super) fn text(&mut self, text: &str) {
        self.out.push_str(&escape::html(text));
    }

    /// The page's style sheet, which this program made.
    pub(super) fn style(&mut self, css: &str) {
        self.out.push_str("<style>");
        self.out.push_str(css);
        self.out.push_str("</style>\n");
    }

    /// A drawing that this program made: the one piece that is not escaped here.
    pub(super) fn svg(&mut self, svg: &Svg) {
        self.out.push_str(svg.text());
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.out.push_str(&escape::html(value));
            self.out.push('"');
        }
        self.out.push('>');
    }
}

/// After these no line break may stand: it would show as a space.
const INLINE: &[&str] = &["a", "code", "span", "strong", "pre"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped_and_tags_closed() {
        let mut html = Html::new();
        html.element("p", &[("title", "a\"b")], |html| html.leaf("span", &[], "<i>"));
        assert_eq!(html.finish(), "<!doctype html>\n<p title=\"a&quot;b\"><span>&lt;i&gt;</span></p>\n");
    }
}

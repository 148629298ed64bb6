//! An SVG as a PNG at twice its size, by resvg, with the embedded font and no other.

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::ChartError;
use super::canvas::{REGULAR, SEMI_BOLD, Svg};

/// PNG pixels a logical pixel.
const SCALE: f32 = 2.0;

/// The picture of a drawing: every pixel is opaque, since a drawing has a ground.
pub(in crate::report) fn png(svg: &Svg) -> Result<Vec<u8>, ChartError> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        fonts.load_font_data(REGULAR.to_vec());
        fonts.load_font_data(SEMI_BOLD.to_vec());
        Arc::new(fonts)
    });
    let options = Options { fontdb: fonts.clone(), font_family: "Inter".to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg.text(), &options).map_err(|error| ChartError::Svg(error.to_string()))?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(SCALE)
        .ok_or_else(|| ChartError::Png("the drawing has no size".to_owned()))?;
    let mut picture = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| ChartError::Png("the picture is too large".to_owned()))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut picture.as_mut());
    encode(&picture).map_err(|error| ChartError::Png(error.to_string()))
}

/// Row by row without transparency: a drawing takes a few milliseconds, and a copy of all its pixels would be the
/// largest thing in memory.
fn encode(picture: &Pixmap) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, picture.width(), picture.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header()?;
    let mut pixels = writer.stream_writer()?;
    let mut row = Vec::with_capacity(3 * picture.width() as usize);
    for pixels_of_row in picture.data().chunks_exact(4 * picture.width() as usize) {
        row.clear();
        row.extend(pixels_of_row.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]));
        pixels.write_all(&row)?;
    }
    pixels.finish()?;
    writer.finish()?;
    Ok(out)
}

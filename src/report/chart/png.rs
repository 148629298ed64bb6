//! An SVG as a PNG at twice its size, by resvg, with the embedded font and no other.

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::ChartError;
use super::canvas::{REGULAR, SEMI_BOLD, Svg};

/// PNG pixels a logical pixel.
const SCALE: f32 = 2.0;

/// Rows of pixels that are drawn together.
const BAND: u32 = 128;

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
    let [width, height] = [size.width(), size.height()];
    let band =
        Pixmap::new(width, BAND.min(height)).ok_or_else(|| ChartError::Png("the picture is too large".to_owned()))?;
    encode(&tree, band, height).map_err(|error| ChartError::Png(error.to_string()))
}

/// Band by band, row by row without transparency: all pixels of a picture would be the largest thing in memory.
fn encode(tree: &Tree, mut band: Pixmap, height: u32) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, band.width(), height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header()?;
    let mut pixels = writer.stream_writer()?;
    let width = band.width() as usize;
    let mut row = Vec::with_capacity(3 * width);
    let mut top = 0;
    while top < height {
        band.fill(Color::TRANSPARENT);
        #[expect(clippy::cast_precision_loss, reason = "a picture is a few thousand pixels high")]
        let place = Transform::from_scale(SCALE, SCALE).post_translate(0.0, -(top as f32));
        resvg::render(tree, place, &mut band.as_mut());
        let rows = band.height().min(height - top);
        for pixels_of_row in band.data().chunks_exact(4 * width).take(rows as usize) {
            row.clear();
            row.extend(pixels_of_row.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]));
            pixels.write_all(&row)?;
        }
        top += rows;
    }
    pixels.finish()?;
    writer.finish()?;
    Ok(out)
}

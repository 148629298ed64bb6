//! The only file that names polars: tables in and out of Parquet.

use std::borrow::Cow;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::PoisonError;

use polars::io::parquet::read::ParallelStrategy;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder as _, Column as PolarsColumn, CompatLevel, DataType, Float64Type, Int64Type,
    IntoColumn as _, ParquetReader, ParquetWriter, PolarsError, PrimitiveChunkedBuilder, Schema, SerReader as _,
    StringChunkedBuilder,
};

use polars_parquet::read::ParquetError;
use polars_parquet::write::{
    CompressedPage, Compressor, DynIter, DynStreamingIterator, Encoding, FallibleStreamingIterator, Nested,
    ParquetType, WriteOptions, array_to_pages,
};

/// What a column holds. Every column may have gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers of 64 bits.
    Integer,
    /// Doubles.
    Number,
    /// True or false.
    Flag,
}

/// A column's name and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// One value; `None` is a gap.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Text.
    Text(Option<Cow<'a, str>>),
    /// A whole number.
    Integer(Option<i64>),
    /// A double.
    Number(Option<f64>),
    /// True or false.
    Flag(Option<bool>),
}

/// A column that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Texts.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Doubles.
    Number(Vec<Option<f64>>),
    /// True or false.
    Flag(Vec<Option<bool>>),
}

/// Why a table cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be opened or made.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The file is no Parquet, or lacks a column.
    #[error(transparent)]
    Polars(#[from] PolarsError),
    /// A cell is of another kind than its column.
    #[error("a value of column `{0}` is of another kind than the column")]
    Kind(&'static str),
}

/// Rows that are being filled, column by column: a group of a [`Writer`].
pub struct Rows {
    fields: &'static [Field],
    height: usize,
    columns: Vec<Builder>,
}

/// A column of the rows that are being filled.
enum Builder {
    Text(StringChunkedBuilder),
    Integer(PrimitiveChunkedBuilder<Int64Type>),
    Number(PrimitiveChunkedBuilder<Float64Type>),
    Flag(BooleanChunkedBuilder),
}

impl Rows {
    /// No rows of these columns, with room for so many.
    #[must_use]
    pub fn new(fields: &'static [Field], capacity: usize) -> Self {
        let columns = fields.iter().map(|field| Builder::new(*field, capacity)).collect();
        Self { fields, height: 0, columns }
    }

    /// How many there are.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Appends a row, one cell a column in the order of the columns.
    ///
    /// # Errors
    /// A cell is of another kind than its column.
    pub fn push<'a>(&mut self, row: impl Iterator<Item = Cell<'a>>) -> Result<(), TableError> {
        for ((cell, column), field) in row.zip(&mut self.columns).zip(self.fields) {
            column.push(cell).map_err(|()| TableError::Kind(field.name))?;
        }
        self.height += 1;
        Ok(())
    }
}

/// A Parquet file that is written in groups of rows, so that memory holds one group only.
pub struct Writer {
    batched: BatchedWriter<BufWriter<File>>,
}

impl Writer {
    /// Makes a file with these columns.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path, fields: &[Field]) -> Result<Self, TableError> {
        let schema: Schema = fields.iter().map(|field| (field.name.into(), field.kind.data_type())).collect();
        // The format is written in pieces of a few bytes.
        let file = BufWriter::with_capacity(1 << 16, File::create(path)?);
        let batched = ParquetWriter::new(file).set_parallel(false).batched(&schema)?;
        Ok(Self { batched })
    }

    /// Appends a group of rows, of the columns of the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, rows: Rows) -> Result<(), TableError> {
        if rows.height == 0 {
            return Ok(());
        }
        let mut file = self.batched.get_writer().lock().unwrap_or_else(PoisonError::into_inner);
        let options = file.options();
        let types = file.parquet_schema().fields().to_vec();
        let columns = rows.columns.into_iter().zip(types).map(|(column, type_)| pages(column, type_, options));
        let columns: Vec<_> = columns.collect::<Result<_, _>>()?;
        let columns = columns.into_iter().map(|pages| Ok(DynStreamingIterator::new(pages)));
        Ok(file.write(rows.height as u64, DynIter::new(columns))?)
    }

    /// Writes the end of the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> Result<(), TableError> {
        self.batched.finish()?;
        Ok(())
    }
}

/// The pages of a column, compressed. A column of gaps alone takes no detour here, as it would by a data frame, which
/// keeps 8 MiB of zeros for it.
fn pages(
    column: Builder,
    type_: ParquetType,
    options: WriteOptions,
) -> Result<impl FallibleStreamingIterator<Item = CompressedPage, Error = PolarsError>, TableError> {
    let encoding = match column {
        Builder::Text(_) | Builder::Integer(_) | Builder::Number(_) => Encoding::RleDictionary,
        Builder::Flag(_) => Encoding::Plain,
    };
    let ParquetType::PrimitiveType(type_) = type_ else {
        return Err(TableError::Polars(PolarsError::ComputeError("a column is no plain one".into())));
    };
    let array = column.finish().take_materialized_series().to_arrow(0, CompatLevel::newest());
    let nested = Nested::primitive(array.validity().cloned(), true, array.len());
    let pages = array_to_pages(array.as_ref(), type_, &[nested], options, encoding)?;
    let pages = pages.map(|page| page.map_err(|error| ParquetError::FeatureNotSupported(error.to_string())));
    Ok(Compressor::new_from_vec(pages, options.compression, Vec::new()).map_err(PolarsError::from))
}

impl Builder {
    fn new(Field { name, kind }: Field, capacity: usize) -> Self {
        match kind {
            Kind::Text => Self::Text(StringChunkedBuilder::new(name.into(), capacity)),
            Kind::Integer => Self::Integer(PrimitiveChunkedBuilder::new(name.into(), capacity)),
            Kind::Number => Self::Number(PrimitiveChunkedBuilder::new(name.into(), capacity)),
            Kind::Flag => Self::Flag(BooleanChunkedBuilder::new(name.into(), capacity)),
        }
    }

    fn push(&mut self, cell: Cell<'_>) -> Result<(), ()> {
        match (self, cell) {
            (Self::Text(values), Cell::Text(value)) => values.append_option(value),
            (Self::Integer(values), Cell::Integer(value)) => values.append_option(value),
            (Self::Number(values), Cell::Number(value)) => values.append_option(value),
            (Self::Flag(values), Cell::Flag(value)) => values.append_option(value),
            (Self::Text(_) | Self::Integer(_) | Self::Number(_) | Self::Flag(_), _) => return Err(()),
        }
        Ok(())
    }

    fn finish(self) -> PolarsColumn {
        match self {
            Self::Text(values) => values.finish().into_column(),
            Self::Integer(values) => values.finish().into_column(),
            Self::Number(values) => values.finish().into_column(),
            Self::Flag(values) => values.finish().into_column(),
        }
    }
}

/// Reads some columns of a Parquet file, in the order asked for: of every row, or of some `(first, count)`, so that
/// memory holds no others.
///
/// # Errors
/// The file cannot be read, lacks a column, or a column is of another kind.
pub fn read(path: &Path, fields: &[Field], rows: Option<(usize, usize)>) -> Result<Vec<Column>, TableError> {
    let names = fields.iter().map(|field| field.name.to_owned()).collect();
    let reader = ParquetReader::new(File::open(path)?).read_parallel(ParallelStrategy::None);
    let frame = reader.with_columns(Some(names)).with_slice(rows).finish()?;
    fields.iter().map(|field| Column::from_polars(frame.column(field.name)?, field.kind)).collect()
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::String,
            Self::Integer => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Flag => DataType::Boolean,
        }
    }
}

impl Column {
    fn from_polars(column: &PolarsColumn, kind: Kind) -> Result<Self, TableError> {
        Ok(match kind {
            Kind::Text => Self::Text(column.str()?.iter().map(|text| text.map(str::to_owned)).collect()),
            Kind::Integer => Self::Integer(column.i64()?.iter().collect()),
            Kind::Number => Self::Number(column.f64()?.iter().collect()),
            Kind::Flag => Self::Flag(column.bool()?.iter().collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field { name: "text", kind: Kind::Text },
        Field { name: "integer", kind: Kind::Integer },
        Field { name: "number", kind: Kind::Number },
        Field { name: "flag", kind: Kind::Flag },
    ];

    fn row(number: i32) -> impl Iterator<Item = Cell<'static>> {
        [
            Cell::Text((number != 1).then(|| format!("é{number}").into())),
            Cell::Integer((number != 2).then_some(i64::MAX - i64::from(number))),
            Cell::Number((number != 3).then_some(f64::from(number) / 3.0)),
            Cell::Flag((number != 4).then_some(number % 2 == 0)),
        ]
        .into_iter()
    }

    #[test]
    fn what_was_written_in_groups_is_read_back_with_its_gaps() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut writer = Writer::create(file.path(), FIELDS).expect("is made");
        for numbers in [0..4, 4..6] {
            let mut rows = Rows::new(FIELDS, 4);
            numbers.clone().for_each(|number| rows.push(row(number)).expect("is taken"));
            assert_eq!(rows.height(), numbers.len());
            writer.write(rows).expect("is written");
        }
        writer.finish().expect("is finished");
        let columns = read(file.path(), &[FIELDS[3], FIELDS[0]], None).expect("is read");
        let texts = [Some("é0"), None, Some("é2"), Some("é3"), Some("é4"), Some("é5")];
        assert_eq!(
            columns,
            [
                Column::Flag(vec![Some(true), Some(false), Some(true), Some(false), None, Some(false)]),
                Column::Text(texts.iter().map(|text| text.map(str::to_owned)).collect()),
            ]
        );
        let slice = read(file.path(), &FIELDS[..1], Some((2, 3))).expect("is read");
        assert_eq!(slice, [Column::Text(["é2", "é3", "é4"].map(|text| Some(text.to_owned())).to_vec())]);
        let [Column::Integer(integers), Column::Number(numbers)] =
            &read(file.path(), &FIELDS[1..3], None).expect("is read")[..]
        else {
            panic!("two columns")
        };
        assert_eq!((integers[0], integers[2], numbers[3]), (Some(i64::MAX), None, None));
        assert_eq!(numbers[5], Some(5.0 / 3.0));
    }

    #[test]
    fn a_value_of_the_wrong_kind_and_a_missing_column_are_errors() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut rows = Rows::new(&FIELDS[..1], 4);
        assert!(matches!(rows.push(std::iter::once(Cell::Flag(None))), Err(TableError::Kind("text"))));
        Writer::create(file.path(), &FIELDS[..1]).and_then(Writer::finish).expect("is finished");
        assert!(matches!(read(file.path(), &FIELDS[1..2], None), Err(TableError::Polars(_))));
    }
}

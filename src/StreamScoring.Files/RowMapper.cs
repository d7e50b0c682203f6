using System.Buffers;
using System.Text;
using MessagePack;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Ingest;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>Makes payments of the rows of one table, in their wire form.</summary>
internal sealed class RowMapper
{
    /// <summary>
    /// A column that is read wrongly is wrong in every row: more of one kind would only hide the
    /// other kinds.
    /// </summary>
    private const int WrongShownMax = 3;

    private readonly TableReader _table;
    private readonly TableSources _sources;
    private readonly SourceValues _values;
    private readonly MappedRecord _record;
    private readonly TimeSpan? _labelDelay;
    private readonly bool _looksForSeconds;
    private readonly byte[][] _attributeNames;
    private readonly Dictionary<FieldPlan, (long Count, int FirstRow)> _oddNumbers = [];
    private readonly Dictionary<FieldPlan, long> _skipped = [];
    private readonly Dictionary<MapProblem, long> _wrong = [];
    private (long Count, int FirstRow) _likeSeconds;
    private long _recordNumber;

    /// <param name="attributeUses">What the features take attributes for.</param>
    /// <param name="rowsBefore">Rows of tables before this one, for ids that are row
    /// numbers.</param>
    /// <exception cref="InvalidInputFileException">The table does not have the columns; all that is
    /// wrong is named.</exception>
    public RowMapper(TableReader table, ColumnsFile columns, IReadOnlyDictionary<string, AttributeUse> attributeUses, long rowsBefore = 0)
    {
        (_table, _recordNumber, _labelDelay) = (table, rowsBefore, columns.LabelDelay);
        _sources = TableSources.Of(table, columns, attributeUses);
        _values = new SourceValues(_sources.TableColumns.Count);
        _record = new MappedRecord(Plan.AttributeNames.Count);
        _attributeNames = [.. Plan.AttributeNames.Select(Encoding.UTF8.GetBytes)];
        _looksForSeconds = columns.Fields["event_time"].Time.Form is TimeForm.Iso8601 or TimeForm.UnixMilliseconds;
        HasLabelColumn = columns.Label is not null;
    }

    public RecordPlan Plan => _sources.Plan;

    /// <summary>The current row's cells that the plan asks for.</summary>
    public SourceValues Values => _values;

    /// <summary>The current row's payment.</summary>
    public MappedRecord Record => _record;

    /// <summary>Rows read, with those of tables before this one.</summary>
    public long RowCount => _recordNumber;

    /// <summary>Whether the table's own label column makes labels.</summary>
    public bool MakesLabels => HasLabelColumn && _labelDelay is not null;

    public bool HasLabelColumn { get; }

    /// <summary>What whoever reads the table should know, once it is read.</summary>
    public IEnumerable<string> Notices =>
        _oddNumbers.Select(odd =>
                $"{_table.PlaceOf(odd.Value.FirstRow)}: {odd.Key.Name} is a number to the features and this cell is none ({odd.Value.Count:N0} such cells in all); they stay texts, which count as missing")
            .Concat(_skipped.Select(skipped => $"{_table.FilePath}: {skipped.Value:N0} rows are left out {(skipped.Key.Kind == FieldKind.Amount ? "because their amount is below 0 (refund: skip)" : $"by their {skipped.Key.Name} (skip)")}"))
            .Concat(_sources.TableColumns.Select(column => _table.Columns[column]).Where(_table.RepeatedNames.Contains)
                .Select(name => $"{_table.FilePath}: the column {name} is there more than once; the first is read, and the second is {name}.1"))
            .Concat(SecondsNotice is { } seconds ? [seconds] : []);

    /// <summary>How often what was shown a few times is wrong in all, a sentence a field.</summary>
    public IEnumerable<string> WrongCounts => _wrong.Where(wrong => wrong.Value > WrongShownMax)
        .Select(wrong => $"{_table.FilePath}: {wrong.Key.Plan.Name} is wrong in this way in {wrong.Value:N0} rows");

    private string? SecondsNotice => _likeSeconds.Count == 0 ? null
        : $"{_table.PlaceOf(_likeSeconds.FirstRow)}: event_time looks like epoch seconds and is taken for milliseconds, a time of 1970, in {_likeSeconds.Count:N0} rows, the first of them here; "
            + "if they are seconds, say so in a columns file: format: unix_s (docs/columns.md)";

    /// <summary>Makes a payment of the table's current row: <see cref="Record"/>.</summary>
    /// <returns>False where the row is none, by the columns file's own rule.</returns>
    /// <exception cref="InvalidInputFileException">A cell cannot be read or is malformed; of each
    /// kind the first are named with file and line.</exception>
    public bool Read()
    {
        Fill();
        if (_record.SkippedBy is { } skippedBy)
        {
            _skipped[skippedBy] = _skipped.GetValueOrDefault(skippedBy) + 1;
            return false;
        }

        if (_record.Problems.Count > 0)
        {
            throw Wrong();
        }

        if (_looksForSeconds && RejectionText.LooksLikeSeconds(_record.EventTimeMs))
        {
            _likeSeconds = _likeSeconds.Count == 0 ? (1, _table.Row) : (_likeSeconds.Count + 1, _likeSeconds.FirstRow);
        }

        if (_record.OddNumberCount > 0)
        {
            CountOddNumbers();
        }

        return true;
    }

    /// <summary>The same, without an error: what is wrong stands in <see cref="Record"/>.</summary>
    public void Fill()
    {
        _recordNumber++;
        _values.Clear();
        var columns = _sources.TableColumns;
        for (var source = 0; source < columns.Count; source++)
        {
            _table.CopyTo(columns[source], _values, source);
        }

        Plan.Map(_values, _recordNumber, _record);
    }

    /// <summary>Writes the payment in its wire form.</summary>
    public void WritePayment(IBufferWriter<byte> buffer)
    {
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(PaymentMessagePack.PaymentElements);
        writer.Write(PaymentMessagePack.Version);
        Write(ref writer, TextField.PaymentId);
        writer.Write(_record.EventTimeMs);
        writer.Write(_record.AmountMinor);
        for (var field = TextField.Currency; field <= TextField.Channel; field++)
        {
            Write(ref writer, field);
        }

        if (_record.AttributeCount == 0)
        {
            writer.WriteNil();
        }
        else
        {
            WriteAttributes(ref writer);
        }

        writer.Flush();
    }

    /// <summary>Writes the label that the row's own column makes.</summary>
    /// <returns>When it becomes known, ms since the Unix epoch.</returns>
    /// <exception cref="InvalidInputFileException">The label would become known after the year
    /// 9999.</exception>
    public void WriteLabel(IBufferWriter<byte> buffer, long knownAtMs)
    {
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(PaymentMessagePack.LabelElements);
        writer.Write(PaymentMessagePack.Version);
        Write(ref writer, TextField.PaymentId);
        writer.Write(_record.EventTimeMs);
        writer.Write(knownAtMs);
        writer.Write(_record.IsFraud == true);
        foreach (var field in TextFields.EntityIds)
        {
            Write(ref writer, field);
        }

        writer.Flush();
    }

    /// <summary>When the row's label becomes known, ms since the Unix epoch.</summary>
    /// <exception cref="InvalidInputFileException">That is after the year 9999.</exception>
    public long KnownAtMs() =>
        UnixTime.IsDate(_record.EventTimeMs + (long)_labelDelay!.Value.TotalMilliseconds, out var knownAtMs) ? knownAtMs
            : throw new InvalidInputFileException($"{_table.Place}: event_time and label_delay together lie beyond the year 9999");

    private void WriteAttributes(ref MessagePackWriter writer)
    {
        writer.WriteMapHeader(_record.AttributeCount);
        for (var i = 0; i < _attributeNames.Length; i++)
        {
            if (!_record.HasAttribute(i))
            {
                continue;
            }

            writer.WriteString(_attributeNames[i]);
            if (_record.TryNumber(i, out var number))
            {
                writer.Write(number);
            }
            else
            {
                writer.WriteString(_record.AttributeText(i));
            }
        }
    }

    private void Write(ref MessagePackWriter writer, TextField field)
    {
        if (_record.Text(field) is { IsEmpty: false } text)
        {
            writer.WriteString(text);
        }
        else
        {
            writer.WriteNil();
        }
    }

    private InvalidInputFileException Wrong()
    {
        var lines = new List<string>();
        foreach (var problem in _record.Problems)
        {
            var count = _wrong[problem] = _wrong.GetValueOrDefault(problem) + 1;
            if (count <= WrongShownMax)
            {
                lines.Add($"{_table.Place}: {RowProblems.Sentence(problem, Plan, _values, _record)}");
            }
        }

        return new InvalidInputFileException(lines);
    }

    private void CountOddNumbers()
    {
        foreach (var field in Plan.Fields)
        {
            if (field.Kind == FieldKind.AttributeNumber && _record.HasAttribute(field.Attribute) && !_record.TryNumber(field.Attribute, out _))
            {
                _oddNumbers[field] = _oddNumbers.TryGetValue(field, out var odd) ? (odd.Count + 1, odd.FirstRow) : (1, _table.Row);
            }
        }
    }
}

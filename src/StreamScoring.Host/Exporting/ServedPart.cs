using System.Globalization;
using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Files;

namespace StreamScoring.Host.Exporting;

/// <summary>
/// One file of decisions with their features: those of one day, of one feature file.
/// </summary>
internal sealed class ServedPart : IDisposable
{
    /// <summary>What stands before the features.</summary>
    private static readonly (string Name, bool IsText)[] Fields =
    [
        ("payment_id", true), ("event_time", true), ("decided_at", true), ("action", true), ("score", false), ("probability", false), ("raw", false), ("level", true), ("decided_by", true),
        ("rules", true), ("flags", true), ("rung", true), ("model", true), ("model_version", true), ("role", true), ("policy", true), ("feature_file", true), ("source", true), ("published_at", true), ("received_at", true), ("bounds", true),
    ];

    private readonly TableWriter _writer;
    private readonly bool[] _isText;

    private readonly bool _hasLabel;

    /// <param name="isText">[features] Whether it holds texts.</param>
    /// <param name="labelColumn">Behind the features; null for none.</param>
    public ServedPart(string path, IReadOnlyList<KeyValuePair<string, object?>> features, bool[] isText, string? labelColumn)
    {
        (_isText, _hasLabel) = (isText, labelColumn is not null);
        IEnumerable<(string, bool)> label = labelColumn is null ? [] : [(labelColumn, false)];
        _writer = TableWriter.Create(path, [.. Fields, .. features.Select((feature, i) => (ColumnOf(feature.Key), isText[i])), .. label]);
    }

    /// <summary>Whether a field of the decision has that name.</summary>
    public static bool IsField(string column) => Array.Exists(Fields, field => field.Name == column);

    /// <summary>Whether a decision's features can be written here.</summary>
    public bool Takes(IReadOnlyList<KeyValuePair<string, object?>> features)
    {
        for (var i = 0; i < features.Count; i++)
        {
            if (features[i].Value is { } value && value is string != _isText[i])
            {
                return false;
            }
        }

        return features.Count == _isText.Length;
    }

    /// <param name="isFraud">Null where nobody knows.</param>
    public void Write(DecisionRecord decision, bool? isFraud)
    {
        Text(decision.PaymentId);
        Text(DecisionJson.Iso(decision.EventTimeMs));
        Text(DecisionJson.Iso(decision.DecidedAtMs));
        Text(decision.Action);
        _writer.Number(decision.Score);
        _writer.Number(decision.Probability ?? double.NaN);
        _writer.Number(decision.Raw ?? double.NaN);
        Text(decision.Level);
        Text(decision.DecidedBy);
        Text(string.Join(';', decision.Rules));
        Text(string.Join(';', decision.Flags));
        Text(decision.Rung);
        Text(decision.ModelName);
        Text(decision.ModelVersion);
        Text(decision.Role);
        Text(decision.Policy);
        Text(decision.FeatureFile);
        Text(decision.Source.ToString());
        Text(DecisionJson.Iso(decision.LogTimestampMs));
        Text(DecisionJson.Iso(decision.ReceivedAtMs));
        Text(string.Join(';', decision.Bounds.Select(bound => string.Create(CultureInfo.InvariantCulture, $"{bound.Key}={bound.Value:R}"))));
        for (var i = 0; i < _isText.Length; i++)
        {
            if (_isText[i])
            {
                Text(decision.Features[i].Value as string);
            }
            else
            {
                _writer.Number(decision.Features[i].Value as double? ?? double.NaN);
            }
        }

        if (_hasLabel)
        {
            _writer.Number(isFraud is { } known ? known ? 1 : 0 : double.NaN);
        }

        _writer.EndRow();
    }

    /// <summary>Puts the file in its place.</summary>
    public void Complete() => _writer.Complete();

    public void Dispose() => _writer.Dispose();

    /// <summary>A feature keeps its name, unless a field of the decision has it.</summary>
    public static string ColumnOf(string feature) => IsField(feature) ? $"feature.{feature}" : feature;

    /// <summary>The record may be another's, and hold anything.</summary>
    private void Text(string? value) => _writer.Text(Encoding.UTF8.GetBytes(value is null ? "" : CardNumber.Mask(value)));
}

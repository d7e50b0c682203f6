using Microsoft.ML.OnnxRuntime;

namespace StreamScoring.Onnx.Outputs;

/// <summary>
/// The output that holds the number, and which of its columns is the class fraud. That class is
/// said by its name in the file or by the user; where neither says it the model is refused, as the
/// other class would look just as good.
/// </summary>
internal sealed class FraudOutput
{
    private readonly string _path;
    private readonly IReadOnlyList<string>? _labels;
    private readonly string? _doubt;
    private readonly string? _positiveClass;
    private readonly int? _cutColumn;

    private FraudOutput(string path, string name, IReadOnlyList<string>? labels, string? doubt, string? positiveClass, int? cutColumn)
    {
        (_path, Name, _labels, _doubt, _positiveClass) = (path, name, labels, doubt, positiveClass);
        _cutColumn = cutColumn < 0 ? cutColumn + labels?.Count : cutColumn;
    }

    public string Name { get; }

    /// <summary>Whether the model predicts a class: its number is then of one of them.</summary>
    public required bool HasClasses { get; init; }

    /// <param name="chosen">The output, as the user or the card names it; null: there is one
    /// alone.</param>
    /// <param name="positiveClass">The class that is fraud, as the user or the card names it; null:
    /// as its name says.</param>
    /// <param name="notices">Told which of several was taken.</param>
    /// <exception cref="Configuration.InvalidInputFileException">It gives no number, or several
    /// that are not one for each class.</exception>
    public static FraudOutput Pick(string path, OnnxGraph graph, InferenceSession session, string? chosen, string? positiveClass, List<string> notices)
    {
        var predictions = session.OutputNames.Where(name => Is(name, typeof(long), typeof(int), typeof(string), typeof(bool))).ToList();
        var numbers = session.OutputNames.Where(name => Is(name, typeof(float), typeof(double)) && !OutputSource.Of(graph.Model.Graph, name).IsPrediction).ToList();
        numbers = chosen is not null ? [ChosenOutput.Named(path, graph, chosen, numbers)] : ChosenOutput.Of(graph, numbers, notices);
        switch (numbers.Count)
        {
            case 0:
                throw ModelRefused.Because(path, $"gives no number; its outputs are {string.Join(", ", session.OutputNames)}");
            case 1:
                var labels = ClassLabels.Of(graph, numbers[0], predictions, out var doubt);
                if (labels is null && predictions.Any(name => session.OutputMetadata[name].ElementType == typeof(string)))
                {
                    doubt = "predicts a class by its name, and the names could not be read";
                }

                return new FraudOutput(path, numbers[0], labels, doubt, positiveClass, OutputSource.Of(graph.Model.Graph, numbers[0]).Column)
                {
                    HasClasses = predictions.Count > 0 || labels is not null,
                };
            default:
                return OfSeveral(path, graph, numbers, predictions, positiveClass);
        }

        bool Is(string name, params Type[] types) => session.OutputMetadata[name].IsTensor && types.Contains(session.OutputMetadata[name].ElementType);
    }

    /// <summary>Which column is fraud, once it is known how many there are.</summary>
    /// <param name="notices">Told what was taken where the file does not say it.</param>
    /// <exception cref="Configuration.InvalidInputFileException">Neither the file nor the user says
    /// which class is fraud.</exception>
    public int ColumnOf(int columnCount, List<string> notices)
    {
        if (_doubt is not null && _positiveClass is null)
        {
            throw Unclear(_doubt);
        }

        return columnCount == 1 ? OnlyColumn() : ColumnOfSeveral(columnCount, notices);
    }

    private static FraudOutput OfSeveral(string path, OnnxGraph graph, List<string> numbers, List<string> predictions, string? positiveClass)
    {
        var labels = ClassLabels.Of(graph, numbers[0], predictions, out var doubt);
        var names = NamesOf(graph, numbers, labels) ?? throw ModelRefused.Because(
            path, $"gives {numbers.Count} outputs of numbers ({string.Join(", ", numbers.Select(graph.OutputNameOf))}); expected one, or one per class of two; name the one: --output-name NAME, or output: {{name: NAME}} in {ModelCard.FileName}");
        var output = new FraudOutput(path, "", names, doubt, positiveClass, cutColumn: null) { HasClasses = true };
        var column = output.ColumnOf(names.Count, []);
        return new FraudOutput(path, numbers[column], labels: null, doubt: null, positiveClass: null, cutColumn: null) { HasClasses = true };
    }

    /// <returns>By output: its class, by the column that it is of, else by what its name ends in;
    /// null where neither says it.</returns>
    private static IReadOnlyList<string>? NamesOf(OnnxGraph graph, List<string> outputs, IReadOnlyList<string>? labels)
    {
        var sources = outputs.Select(output => OutputSource.Of(graph.Model.Graph, output, "Normalizer")).ToList();
        var columns = sources.Select(source => source.Column is < 0 ? source.Column + outputs.Count : source.Column).ToList();
        if (sources.All(source => source.Value == sources[0].Value) && columns.Order().SequenceEqual(Enumerable.Range(0, outputs.Count).Select(i => (int?)i)))
        {
            return labels is null ? [.. columns.Select(column => $"{column}")]
                : labels.Count == outputs.Count ? [.. columns.Select(column => labels[column!.Value])] : null;
        }

        IReadOnlyList<string> endings = labels ?? ["0", "1"];
        var ends = outputs.Select(output => endings.Where(label => output.EndsWith(label, StringComparison.Ordinal)).ToList()).ToList();
        var isOneEach = endings.Count == outputs.Count && ends.All(end => end.Count == 1) && ends.Select(end => end[0]).Distinct().Count() == outputs.Count;
        return isOneEach ? [.. ends.Select(end => end[0])] : null;
    }

    /// <summary>
    /// One number a row: the probability of one class, which must be the one that is fraud.
    /// </summary>
    private int OnlyColumn()
    {
        if (_labels is null || _labels.Count < 2)
        {
            return _positiveClass is null || (_labels is not null && FraudClass.Named(_labels, _positiveClass) is not null) ? 0
                : throw ModelRefused.Because(_path, $"names no classes and gives one number a row, so no class {_positiveClass} can be taken out of it");
        }

        var fraud = Fraud(_labels);
        // What computes it does not say of which class it is: of the second by custom, unless the
        // user has said so.
        var isOf = _cutColumn ?? (_positiveClass is null ? 1 : fraud);
        return isOf == fraud && isOf < _labels.Count ? 0
            : throw ModelRefused.Because(_path,
                $"gives one number a row, which is of the class {(isOf < _labels.Count ? _labels[isOf] : "that it does not name")}, and fraud is {_labels[fraud]}; "
                + "export the numbers of all classes, or name the other class as positive and turn its probability round in the card: calibration: {from: [0, 1], to: [1, 0]}");
    }

    private int ColumnOfSeveral(int columnCount, List<string> notices)
    {
        if (_labels?.Count == columnCount)
        {
            var fraud = Fraud(_labels);
            if (_positiveClass is null && _labels[fraud] is not ("1" or "true" or "True"))
            {
                notices.Add($"of its classes {ClassLabels.Listed(_labels)}, {_labels[fraud]} is fraud");
            }

            return fraud;
        }

        if (_positiveClass is not null)
        {
            // Without names a class is its column's number.
            return int.TryParse(_positiveClass, out var column) && column >= 0 && column < columnCount ? column
                : throw ModelRefused.Because(_path, $"does not name its classes, and gives {columnCount} numbers a row; name one of 0..{columnCount - 1}, not {_positiveClass}");
        }

        if (columnCount > 2)
        {
            throw Unclear($"gives {columnCount} numbers a row; a fraud model has two classes, or gives one number");
        }

        notices.Add("it does not name its classes: of its two columns the second is taken for fraud; output.class of the card, or --positive-class, says 0 where it is the first");
        return 1;
    }

    private int Fraud(IReadOnlyList<string> labels)
    {
        if (_positiveClass is not null)
        {
            return FraudClass.Named(labels, _positiveClass)
                ?? throw ModelRefused.Because(_path, $"has no class {_positiveClass}; its classes are {ClassLabels.Listed(labels)}");
        }

        return FraudClass.ClearOf(labels) ?? throw Unclear(labels.Count > 2
            ? $"gives {labels.Count} numbers a row, of the classes {ClassLabels.Listed(labels)}; a fraud model has two classes, or gives one number"
            : $"has the classes {ClassLabels.Listed(labels)}, and does not say which of them is fraud");
    }

    private Configuration.InvalidInputFileException Unclear(string reason) =>
        ModelRefused.Because(_path, $"{reason}; name the class that is fraud: --positive-class CLASS, or output: {{class: CLASS}} in {ModelCard.FileName}");
}

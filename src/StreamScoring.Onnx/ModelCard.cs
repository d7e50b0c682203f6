using System.Globalization;
using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Drift;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// What a model's folder says about it, in <c>card.yaml</c>. docs/models.md describes the file.
/// </summary>
public sealed record ModelCard
{
    public const string FileName = "card.yaml";

    public required string Name { get; init; }

    public required IReadOnlyList<ModelInput> Inputs { get; init; }

    public required OutputKind Output { get; init; }

    /// <summary>
    /// Which of the model's classes is fraud; null where their names in the file say it.
    /// </summary>
    public string? FraudClass { get; init; }

    /// <summary>
    /// Which of the model's outputs holds the number; null where there is one alone.
    /// </summary>
    public string? OutputName { get; init; }

    /// <summary>
    /// By tensor that the model takes, the inputs that are its columns, in order. Empty, and for
    /// tensors that it does not name: as <c>docs/models.md</c> says.
    /// </summary>
    public IReadOnlyList<(string Tensor, IReadOnlyList<string> Inputs)> Tensors { get; init; } = [];

    /// <summary>Pairs (linked output, probability), ascending; empty for identity.</summary>
    public IReadOnlyList<(double From, double To)> Calibration { get; init; } = [];

    /// <summary>
    /// How the model came about: command, rows, hashes, seed. For people; shown, not interpreted.
    /// </summary>
    public IReadOnlyList<(string Key, string Value)> Training { get; init; } = [];

    /// <summary>Measured when it was trained.</summary>
    public IReadOnlyList<(string Key, string Value)> Metrics { get; init; } = [];

    /// <summary>
    /// What an input is set to in order to see what it does to a row, where a median of its
    /// histogram would not be right.
    /// </summary>
    public IReadOnlyList<(string Input, double Value)> Baseline { get; init; } = [];

    /// <summary>
    /// How inputs were distributed among the training rows. For drift, and for baselines.
    /// </summary>
    public IReadOnlyList<ReferenceHistogram> Histograms { get; init; } = [];

    /// <summary>
    /// What the model gave for rows that it was not fitted to, after calibration. For drift; null
    /// where that is not known.
    /// </summary>
    public ReferenceHistogram? Probabilities { get; init; }

    /// <exception cref="InvalidInputFileException">The card is missing or wrong.</exception>
    public static ModelCard Load(string folder)
    {
        var top = YamlFile.Open(Path.Combine(folder, FileName));
        top.Integer("version", 1, 1, 1);
        var output = top.OptionalMap("output") ?? throw top.Error("output", "is missing; say what the model gives: output: {kind: probability}");
        var calibration = top.OptionalMap("calibration");
        var card = new ModelCard
        {
            Name = top.Text("name"),
            Inputs = [.. top.Maps("inputs").Select(ReadInput)],
            Output = ParseKind(output.Choice("kind", "probability", "probability", "logit", "score")),
            FraudClass = output.OptionalText("class"),
            OutputName = output.OptionalText("name"),
            Tensors = ReadTensors(top.OptionalMap("tensors")),
            Calibration = calibration is null ? [] : ReadPoints(calibration),
            Training = ReadPairs(top.OptionalMap("training")),
            Metrics = ReadPairs(top.OptionalMap("metrics")),
        };
        card = card with { Baseline = CardBaseline.Read(top.OptionalMap("baseline"), card.Inputs), Histograms = CardHistograms.Read(top.Maps("histograms"), card.Inputs), Probabilities = CardHistograms.ReadProbabilities(top.OptionalMap("probabilities")) };
        output.RequireAllRead();
        top.RequireAllRead();
        card.RequireInputsOfTensors(top);
        return card.Inputs.Count > 0 ? card : throw top.Error("inputs", "is missing or empty; list the model's inputs in order");
    }

    public void Save(string folder)
    {
        var text = new StringBuilder("version: 1\n");
        text.Append(CultureInfo.InvariantCulture, $"name: {Quote(Name)}\noutput: {{kind: {Output.ToString().ToLowerInvariant()}{(OutputName is null ? "" : $", name: {Quote(OutputName)}")}{(FraudClass is null ? "" : $", class: {Quote(FraudClass)}")}}}\n");
        if (Calibration.Count > 0)
        {
            text.Append("calibration:\n  from: [").AppendJoin(", ", Calibration.Select(point => Format(point.From)));
            text.Append("]\n  to: [").AppendJoin(", ", Calibration.Select(point => Format(point.To))).Append("]\n");
        }

        AppendPairs(text, "training", Training);
        AppendPairs(text, "metrics", Metrics);
        text.Append("inputs:\n");
        foreach (var input in Inputs)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - {{name: {Quote(input.Name)}, type: {(input.IsText ? "text" : "number")}}}\n");
        }

        if (Tensors.Count > 0)
        {
            text.Append("tensors:\n");
            foreach (var (tensor, names) in Tensors)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {Quote(tensor)}: [{string.Join(", ", names.Select(Quote))}]\n");
            }
        }

        if (Baseline.Count > 0)
        {
            text.Append("baseline:\n");
            foreach (var (input, value) in Baseline)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {Quote(input)}: {Format(value)}\n");
            }
        }

        if (Histograms.Count > 0)
        {
            text.Append("histograms:\n");
            foreach (var histogram in Histograms)
            {
                text.Append(CultureInfo.InvariantCulture, $"  - {{input: {Quote(histogram.Input)}, {TextOf(histogram)}}}\n");
            }
        }

        if (Probabilities is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"probabilities: {{{TextOf(Probabilities)}}}\n");
        }

        File.WriteAllText(Path.Combine(folder, FileName), text.ToString());
    }

    /// <summary>probability, logit or score.</summary>
    public static OutputKind ParseKind(string text) => Enum.Parse<OutputKind>(text, ignoreCase: true);

    private static ModelInput ReadInput(YamlMap map)
    {
        var input = new ModelInput(map.Text("name"), map.Choice("type", "number", "number", "text") == "text");
        map.RequireAllRead();
        return input;
    }

    private static List<(string, IReadOnlyList<string>)> ReadTensors(YamlMap? map) => map is null ? [] : [.. map.Keys.Select(key => (key, map.Texts(key)))];

    private void RequireInputsOfTensors(YamlMap top)
    {
        var names = Inputs.Select(input => input.Name).ToList();
        if (Tensors.SelectMany(tensor => tensor.Inputs).FirstOrDefault(name => !names.Contains(name)) is { } unknown)
        {
            throw top.Error("tensors", $"names {unknown}, which is none of the inputs: {string.Join(", ", names)}");
        }
    }

    private static List<(double, double)> ReadPoints(YamlMap map)
    {
        var (from, to) = (map.Texts("from"), map.Texts("to"));
        map.RequireAllRead();
        var points = new List<(double From, double To)>();
        for (var i = 0; i < from.Count; i++)
        {
            if (i >= to.Count || !TryParse(from[i], out var x) || !TryParse(to[i], out var y) || (i > 0 && x <= points[^1].From) || y is < 0 or > 1)
            {
                throw map.Error("from", "and to must be numbers, as many of the one as of the other, from ascending and to within 0..1");
            }

            points.Add((x, y));
        }

        return points;
    }

    private static bool TryParse(string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static List<(string, string)> ReadPairs(YamlMap? map) => map is null ? [] : [.. map.Keys.Select(key => (key, map.Text(key, "")))];

    private static void AppendPairs(StringBuilder text, string key, IReadOnlyList<(string Key, string Value)> pairs)
    {
        if (pairs.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{key}:\n");
            foreach (var (name, value) in pairs)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {name}: {Quote(value)}\n");
            }
        }
    }

    private static string TextOf(ReferenceHistogram histogram)
    {
        (string Key, double? Value)[] known = [("missing", histogram.Missing), ("smallest", histogram.Smallest), ("largest", histogram.Largest), ("weight", histogram.Weight)];
        return $"edges: [{string.Join(", ", histogram.Edges.Select(Format))}], shares: [{string.Join(", ", histogram.Shares.Select(Format))}]"
            + (histogram.Rows is { } rows ? string.Create(CultureInfo.InvariantCulture, $", rows: {rows}") : "")
            + string.Concat(known.Where(pair => pair.Value is not null).Select(pair => $", {pair.Key}: {Format(pair.Value!.Value)}"));
    }

    private static string Quote(string value) => $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string Format(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}

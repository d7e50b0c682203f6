using System.Security.Cryptography;
using StreamScoring.Configuration;
using StreamScoring.Decisions;
using StreamScoring.Features;
using StreamScoring.Onnx;
using StreamScoring.Regions;

namespace StreamScoring.Host.Serving;

/// <summary>What a topology names, loaded and checked against each other: features, champion, rules.</summary>
internal sealed class Artifacts : IDisposable
{
    private Artifacts(FeatureFile features, OnnxModel champion, IReadOnlyList<int> columns, DecisionStamp stamp) =>
        (Features, Champion, ChampionColumns, Stamp) = (features, champion, columns, stamp);

    public FeatureFile Features { get; }

    public OnnxModel Champion { get; }

    /// <summary>For each input of the champion, the feature's column.</summary>
    public IReadOnlyList<int> ChampionColumns { get; }

    public DecisionStamp Stamp { get; }

    /// <exception cref="InvalidInputFileException">A file is wrong, or the model does not fit the features.</exception>
    public static Artifacts Load(Topology topology) => Load(topology, FeatureFile.Load(topology.FeatureFile));

    /// <inheritdoc cref="Load(Topology)"/>
    /// <param name="features">The topology's, already read.</param>
    public static Artifacts Load(Topology topology, FeatureFile features)
    {
        var ruleHash = topology.RuleFile is { } rules ? CheckRules(rules) : null;
        var champion = OnnxModelLoader.LoadFolder(topology.ModelFolder, topology.ScoringEngine);
        try
        {
            var columns = champion.Inputs.Select(input => ColumnOf(input.Name, input.IsText, features, topology)).ToList();
            var stamp = new DecisionStamp(
                champion.Name, champion.Version, champion.Engine, features.Hash, ruleHash, topology.Hash, features.Schema.Names, (long)topology.Budget.TotalMilliseconds);
            return new Artifacts(features, champion, columns, stamp);
        }
        catch
        {
            champion.Dispose();
            throw;
        }
    }

    public void Dispose() => Champion.Dispose();

    private static int ColumnOf(string input, bool isText, FeatureFile features, Topology topology)
    {
        var column = features.Schema.IndexOf(input);
        if (column < 0)
        {
            var near = Nearest.To(input, features.Schema.Names);
            throw new InvalidInputFileException(
                $"{topology.ModelFolder}: the model takes {input}, which {topology.FeatureFile} does not compute{(near is null ? "" : $"; did it mean {near}?")}");
        }

        return features.Schema.IsText(column) == isText ? column
            : throw new InvalidInputFileException($"{topology.ModelFolder}: the model takes {input} as a {(isText ? "text" : "number")}, and {topology.FeatureFile} computes a {(isText ? "number" : "text")}");
    }

    /// <summary>The rule language comes with a later release: until then a file may say why it is empty, and nothing is ignored silently.</summary>
    private static string CheckRules(string path)
    {
        var lines = File.ReadAllLines(path);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() is { Length: > 0 } line && !line.StartsWith('#'))
            {
                throw new InvalidInputFileException($"{path}:{i + 1}: this release takes no rules yet, only comments; the thresholds of the topology decide");
            }
        }

        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
    }
}

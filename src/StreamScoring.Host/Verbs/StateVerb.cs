using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Features;
using StreamScoring.Host.Serving;
using StreamScoring.State;

namespace StreamScoring.Host.Verbs;

internal static class StateVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Build() => new("state", "Looks at snapshots of the state.")
    {
        Build(
            "inspect",
            """
            Shows a snapshot's offset vector, digest and sizes.

            Example:
              scoring state inspect data/snapshots/20260131T120000.000-a1b2c3.snapshot
            """,
            verify: false),
        Build(
            "verify",
            """
            Reads a snapshot through and checks every checksum and the digest. A damaged one ends with exit code 2.

            Example:
              scoring state verify data/snapshots/20260131T120000.000-a1b2c3.snapshot
            """,
            verify: true),
    };

    private static Command Build(string name, string description, bool verify)
    {
        var file = new Argument<string>("FILE") { Description = "The snapshot" };
        var json = CommonOptions.Json();
        var command = new Command(name, description) { file, json };
        command.SetAction(parsed =>
        {
            var report = Read(parsed.GetRequiredValue(file));
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(report));
            }
            else
            {
                Console.Out.WriteLine(verify ? $"{parsed.GetRequiredValue(file)}: whole, digest {report["digest"]}" : JsonSerializer.Serialize(report, Indented));
            }

            return VerbRunner.Done;
        });
        return command;
    }

    private static Dictionary<string, object> Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
            var reader = new SnapshotReader(stream, path);
            // The file bears its feature file, so its keys can be told apart without any other.
            var engine = new FeatureEngine(FeatureFiles.Parse(path, reader.Info.FeatureText));
            var digestOf = engine.NewDigest();
            var (digest, bytes) = (UInt128.Zero, new Dictionary<int, long>());
            var (head, written) = reader.ReadAll(chunk =>
            {
                digest += digestOf(chunk);
                bytes[chunk.Entity] = bytes.GetValueOrDefault(chunk.Entity) + chunk.Images.Length;
                engine.Restore(chunk);
            });
            if (digest != written)
            {
                throw new SnapshotRefusedException(path, $"its digest is {StateReport.Text(digest)}, and it says {StateReport.Text(written)}");
            }

            return new Dictionary<string, object>
            {
                ["file"] = path,
                ["bytes"] = stream.Length,
                ["created_at"] = reader.Info.CreatedAt,
                ["feature_file"] = reader.Info.FeatureFile,
                ["identity"] = reader.Info.Identity,
                ["config"] = reader.Info.Config,
                ["topics"] = reader.Info.Topics,
                ["vector"] = reader.Info.Vector,
                ["digest"] = StateReport.Text(digest),
                ["watermark_ms"] = reader.Info.WatermarkMs,
                ["payments"] = head.Payments.Count(),
                ["events"] = engine.CountEvents(),
                ["entities"] = engine.Sizes.Select((size, i) => new { entity = size.Entity, keys = size.Keys, bytes = bytes.GetValueOrDefault(i) }).ToList(),
            };
        }
        catch (Exception e) when (e is SnapshotRefusedException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException(e is SnapshotRefusedException ? e.Message : $"{path}: {e.Message}", e);
        }
    }
}

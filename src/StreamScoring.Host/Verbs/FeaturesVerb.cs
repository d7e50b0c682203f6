using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using StreamScoring.Configuration;

namespace StreamScoring.Host.Verbs;

internal static class FeaturesVerb
{
    private const int PaymentsMin = 10_000;

    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "The feature file (docs/features.md)" };
        var payments = new Option<int>("--payments") { Description = "Payments of the generated world over which it is measured; half of them warm the state up", HelpName = "N", DefaultValueFactory = _ => 100_000 };
        var json = CommonOptions.Json();
        var cost = new Command("cost",
            """
            Measures what each feature costs: time of the state's thread for a payment, and bytes of a payment in its entity's table. Each is measured alone,
            with the features that it looks at; features of one entity share much, so all of them together cost less than the sum. Bytes in the file
            are what a payment would take less if the feature were not there.

            Example:
              scoring features cost topology/packs/velocity.yaml
            """) { file, payments, json };
        cost.Runs((parsed, cancel) => Task.FromResult(Measure(parsed.GetRequiredValue(file), parsed.GetValue(payments), parsed.GetValue(json), cancel)));
        return new("features", "Looks at feature files (docs/features.md), and at what they gave.") { cost, FeaturesDiffVerb.Build() };
    }

    private static int Measure(string path, int payments, bool asJson, CancellationToken cancel)
    {
        var file = FeatureFiles.Load(path);
        if (payments < PaymentsMin)
        {
            throw new InvalidInputFileException($"--payments is {payments}; give {PaymentsMin} or more, so that something is measured");
        }

        using var progress = new ProgressLine();
        var (costs, names) = (new FeatureCosts(payments), file.Schema.Names);
        // Until code is compiled for good nothing is comparable.
        costs.NsOfPayment(file, cancel);
        // What a payment costs that has no feature: it is known for a duplicate or not.
        var nothing = costs.NsOfPayment(file.Only([]), cancel);
        var rows = new List<(string Name, double Ns, int Bytes, int BytesInFile)>();
        foreach (var name in names)
        {
            progress.Show($"{rows.Count} of {names.Count} features");
            var alone = file.Only([name]);
            rows.Add((
                name, Math.Max(0, costs.NsOfPayment(alone, cancel) - nothing), alone.BytesOfPayment,
                file.BytesOfPayment - file.Only(names.Where(other => other != name)).BytesOfPayment));
        }

        var (ns, bytes) = (costs.NsOfPayment(file, cancel) - nothing, file.BytesOfPayment);
        progress.Clear();
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                payments,
                nsPerPayment = Math.Round(ns),
                bytesPerPayment = bytes,
                features = rows.Select(row => new { name = row.Name, nsPerPayment = Math.Round(row.Ns), bytesPerPayment = row.Bytes, bytesInFile = row.BytesInFile }),
            }));
            return VerbRunner.Done;
        }

        var width = Math.Max("all of them".Length, names.Max(name => name.Length));
        Console.WriteLine($"{"feature".PadRight(width)}  ns alone  bytes alone  bytes in the file");
        foreach (var row in rows)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Name.PadRight(width)}  {row.Ns,8:0}  {row.Bytes,11}  {row.BytesInFile,17}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"all of them".PadRight(width)}  {ns,8:0}  {bytes,11}"));
        return VerbRunner.Done;
    }
}

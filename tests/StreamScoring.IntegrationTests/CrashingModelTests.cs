using System.Globalization;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>An engine that crashes on one payment: docs/models.md, When a model fails.</summary>
public sealed class CrashingModelTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const int Payments = 200, Deadly = 120;

    [SharedFact]
    public async Task Processes_that_die_of_a_payment_leave_it_to_the_model_before_and_lose_nothing()
    {
        using var file = new CopiedTopology();
        var registry = Path.Combine(file.Folder, "registry");
        // The smallest whole number divided by -1 is none: the processor stops the process.
        var model = CrashingModel.Save(file.Folder, amount: 1_000_777);
        await ModelsAsync("add", "--registry", registry, "--model", Path.Combine(file.Folder, "model"), "--name", "before");
        await ModelsAsync("add", "--registry", registry, "--model", model, "--name", "crashes", "--inputs", "amount_major", "--output-kind", "probability");
        await ModelsAsync("promote", "before", "--registry", registry, "--why", "the first one");
        await ModelsAsync("promote", "crashes", "--registry", registry, "--why", "looks well");
        File.WriteAllText(file.FilePath, file.Text.Replace("champion: model", "registry: registry", StringComparison.Ordinal));
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", file.FilePath);
        var table = Path.Combine(file.Folder, "payments.csv");
        File.WriteAllLines(table, ["payment_id,event_time,amount_minor,currency,card_id,customer_id,merchant_id", .. Enumerable.Range(0, Payments).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"p-{i},{1_790_000_000_000 + (i * 1000)},{(i == Deadly ? 100_077_600 : 1000 + i)},EUR,c-{i},k-{i},m"))]);
        await ScoringProcess.SucceedAsync(cluster.Environment, "publish", "--topology", file.FilePath, "--payments", table);

        var (deaths, errors) = (0, "");
        for (ScoringProcess.Outcome outcome; ; deaths++)
        {
            outcome = await ScoringProcess.RunAsync(cluster.Environment, "run", "--topology", file.FilePath, "--until-idle", "2s");
            errors += outcome.Errors;
            if (outcome.ExitCode == 0)
            {
                break;
            }

            Assert.True(deaths < 5, $"it dies again and again: {outcome.ExitCode} {outcome.Errors}");
        }

        // It dies of the batch, then twice of the payment.
        Assert.InRange(deaths, 2, 3);
        Assert.Contains("died in a call of model", errors, StringComparison.Ordinal);
        var decisions = (await new DecidedWorlds(cluster, file.Folder, Payments).DecisionsAsync()).ToDictionary(decision => decision.PaymentId);
        Assert.Equal(Payments, decisions.Count);
        Assert.All(decisions.Values, decision => Assert.Equal(
            decision.PaymentId == $"p-{Deadly}" ? ("before", "champion", true) : ("crashes", "champion", false), (decision.ModelName, decision.Role, decision.Flags.Contains("stand_in"))));
        Assert.All(decisions.Values, decision => Assert.NotNull(decision.Probability));
    }

    private static async Task ModelsAsync(params string[] arguments) => await ScoringProcess.SucceedAsync(new Dictionary<string, string>(), ["models", .. arguments]);
}

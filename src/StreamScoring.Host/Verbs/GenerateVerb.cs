using System.CommandLine;
using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Files;
using StreamScoring.Generator;

namespace StreamScoring.Host.Verbs;

internal static class GenerateVerb
{
    private static readonly string[] PaymentColumns = ["payment_id", "event_time", "amount_minor", "currency", .. TextFields.AllNames.Skip(2), "attributes.basket_items", "attributes.user_agent_family"];
    private static readonly string[] Files = ["payments.csv", "labels.csv", "scenarios.csv"];
    private static readonly string[] LabelColumns = ["payment_id", "event_time", "known_at", "fraud", "card_id", "customer_id", "merchant_id", "terminal_id", "ip", "device_id", "email_hash"];

    public static Command Build()
    {
        var payments = new Option<int>("--payments") { Description = "How many payments", HelpName = "N", Required = true };
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same world", HelpName = "S", DefaultValueFactory = _ => 1 };
        var output = CommonOptions.Output($"The folder to write: {string.Join(", ", Files)}; one that holds anything else is refused");
        var command = new Command("generate",
            """
            Writes a synthetic data set: customers, merchants, devices and addresses of several countries, and seven kinds of fraud.
            What kind each payment is stands in a file of its own, so that it cannot become an input by mistake.

            Example:
              scoring generate --payments 300000 --seed 7 --output data/world
            """) { payments, seed, output };
        command.Runs((parsed, cancel) => Task.FromResult(Run(parsed.GetValue(payments), parsed.GetValue(seed), parsed.GetRequiredValue(output), cancel)));
        return command;
    }

    private static int Run(int count, int seed, string folder, CancellationToken cancel)
    {
        if (count <= 0)
        {
            throw new InvalidInputFileException($"--payments is {count}; give a number above 0");
        }

        using var progress = new ProgressLine();
        using var output = OutputFolder.Create(folder, Files);
        var frauds = Write(output.TemporaryPath, count, seed, progress, cancel);
        output.Complete();
        progress.Clear();
        Console.Error.WriteLine($"{count:N0} payments, {frauds:N0} of them fraud -> {folder}");
        return VerbRunner.Done;
    }

    /// <returns>How many are fraud.</returns>
    private static int Write(string folder, int count, int seed, ProgressLine progress, CancellationToken cancel)
    {
        using var payments = TableWriter.Create(Path.Combine(folder, Files[0]), Texts(PaymentColumns));
        using var labels = TableWriter.Create(Path.Combine(folder, Files[1]), Texts(LabelColumns));
        using var scenarios = TableWriter.Create(Path.Combine(folder, Files[2]), Texts("payment_id", "scenario"));
        var (written, frauds) = (0, 0);
        foreach (var generated in new World(new WorldOptions { Seed = seed }).Payments().Take(count))
        {
            Write(payments, generated.Payment);
            Write(labels, generated.Label);
            Row(scenarios, generated.Payment.PaymentId, generated.Scenario);
            written++;
            frauds += generated.Fraud ? 1 : 0;
            if ((written & 0xfff) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress.Show($"{written:N0} of {count:N0} payments");
            }
        }

        payments.Complete();
        labels.Complete();
        scenarios.Complete();
        return frauds;
    }

    private static void Write(TableWriter writer, Payment payment) => Row(
        writer, payment.PaymentId, DecisionJson.Iso(payment.EventTimeMs), $"{payment.AmountMinor}", payment.Currency, payment.CardId, payment.CustomerId, payment.MerchantId,
        payment.TerminalId, payment.Mcc, payment.MerchantCountry, payment.CardCountry, payment.IpCountry, payment.Ip, payment.DeviceId, payment.EmailHash, payment.Channel,
        payment.Attributes is { } numbers ? $"{numbers["basket_items"]}" : null, payment.Attributes is { } texts ? (string)texts["user_agent_family"] : null);

    private static void Write(TableWriter writer, Label label) => Row(
        writer, label.PaymentId, DecisionJson.Iso(label.EventTimeMs), DecisionJson.Iso(label.KnownAtMs), label.Fraud ? "1" : "0", label.CardId, label.CustomerId,
        label.MerchantId, label.TerminalId, label.Ip, label.DeviceId, label.EmailHash);

    private static void Row(TableWriter writer, params ReadOnlySpan<string?> cells)
    {
        foreach (var cell in cells)
        {
            writer.Text(Encoding.UTF8.GetBytes(cell ?? ""));
        }

        writer.EndRow();
    }

    private static (string, bool)[] Texts(params string[] names) => [.. names.Select(name => (name, true))];
}

using System.CommandLine;
using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Deployment.Capacity;

namespace StreamScoring.Host.Verbs;

/// <summary>What an operator says of the load and the machines, beside the topology.</summary>
internal sealed class CapacityOptions
{
    private readonly Option<string[]> _rate = Many("--rate", "Payments/s at the busiest time, of each region or of one; default 1000", "N|REGION=N");
    private readonly Option<string[]> _keys = Many(
        "--keys", "Different keys of an entity, of all regions, within its windows and lateness (ever, where it never forgets); default 1e6", "ENTITY=N");

    private readonly Option<string?> _cores = One("--cores", "Cores of a process; default 16", "N");
    private readonly Option<string?> _memory = One("--memory", "Memory of a process; default 64", "GiB");
    private readonly Option<string?> _network = One("--network", "Network of a process, each way; default 10", "GBIT/S");
    private readonly Option<string?> _disk = One("--disk", "Disk of a process, written or read in order; default 500", "MB/S");
    private readonly Option<string?> _utilization = One("--utilization", "Part of cores, network and disk that may be in use; default 0.6", "0..1");
    private readonly Option<string?> _labels = One("--labels", "Labels for each payment; default 0.01", "N");
    private readonly Option<string?> _paymentBytes = One("--payment-bytes", "A payment on the wire; default: one with all fields as MessagePack", "BYTES");
    private readonly Option<string?> _score = One("--score-us", "CPU of the model for one payment, as `bench engine` prints for yours; default: that of the model measured", "US");
    private readonly Option<string?> _history = One("--history", "How long payments have been coming, for features that look at all of the past; default 365d", "TIME");
    private readonly Option<string?> _broker = One("--broker", "What one broker writes, copies too, and sends at the same time: an assumption; default 100", "MB/S");
    private readonly Option<string?> _replication = One("--replication", "Copies of a partition; default 3", "N");
    private readonly Option<string?> _readers = One("--readers", "Groups that read all decisions; default 1", "N");
    private readonly Option<string?> _constants = One("--constants", "Constants measured elsewhere, as load-tests/capacity/measure writes them", "FILE");

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
                 {
                     _rate, _keys, _cores, _memory, _network, _disk, _utilization, _labels, _paymentBytes, _score, _history, _broker, _replication, _readers, _constants,
                 })
        {
            command.Options.Add(option);
        }
    }

    public CapacityConstants Constants(ParseResult parsed) => parsed.GetValue(_constants) is { } file ? CapacityConstants.Load(file) : CapacityConstants.Embedded;

    public CapacityLoad Load(ParseResult parsed)
    {
        var rates = (parsed.GetValue(_rate) ?? []).ToList();
        var machine = Machine.Default;
        return new CapacityLoad
        {
            PaymentsPerSecond = rates.LastOrDefault(rate => !rate.Contains('=', StringComparison.Ordinal)) is { } rate ? Number("--rate", rate, 0.001, 1e9) : 1000,
            RegionPaymentsPerSecond = Named("--rate", rates.Where(rate => rate.Contains('=', StringComparison.Ordinal)), 0.001, 1e9),
            Keys = Named("--keys", parsed.GetValue(_keys) ?? [], 1, 1e15),
            Machine = new Machine(
                Number(parsed, _cores, machine.Cores, 0.1, 1024),
                Number(parsed, _memory, machine.MemoryBytes / (1L << 30), 0.1, 1 << 20) * (1L << 30),
                Number(parsed, _network, machine.NetworkBytesPerSecond * 8 / 1e9, 0.001, 10_000) * 1e9 / 8,
                Number(parsed, _disk, machine.DiskBytesPerSecond / 1e6, 1, 1e6) * 1e6),
            Utilization = Number(parsed, _utilization, 0.6, 0.01, 1),
            LabelsPerPayment = Number(parsed, _labels, 0.01, 0, 10),
            PaymentBytes = OptionalNumber(parsed, _paymentBytes, 1, 1 << 20),
            ScoreMicroseconds = OptionalNumber(parsed, _score, 0, 1e6),
            History = parsed.GetValue(_history) is not { } history ? TimeSpan.FromDays(365)
                : YamlMap.TryParseDuration(history, out var time) && time > TimeSpan.Zero ? time
                : throw new InvalidInputFileException($"--history is {history}; expected a length of time such as 90d"),
            BrokerBytesPerSecond = Number(parsed, _broker, 100, 0.1, 1e5) * 1e6,
            Replication = (int)Number(parsed, _replication, 3, 1, 16),
            DecisionReaders = (int)Number(parsed, _readers, 1, 0, 1000),
        };
    }

    private static Option<string[]> Many(string name, string description, string helpName) => new(name)
    {
        Description = description,
        HelpName = helpName,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private static Option<string?> One(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName };

    private static double Number(ParseResult parsed, Option<string?> option, double otherwise, double min, double max) => OptionalNumber(parsed, option, min, max) ?? otherwise;

    private static double? OptionalNumber(ParseResult parsed, Option<string?> option, double min, double max) =>
        parsed.GetValue(option) is { } text ? Number(option.Name, text, min, max) : null;

    private static Dictionary<string, double> Named(string option, IEnumerable<string> texts, double min, double max)
    {
        var named = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new InvalidInputFileException($"{option} is {text}; expected NAME=N, such as card_id=1e9");
            }

            named[text[..equals]] = Number($"{option} {text[..equals]}", text[(equals + 1)..], min, max);
        }

        return named;
    }

    private static double Number(string name, string text, double min, double max) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new InvalidInputFileException(string.Create(CultureInfo.InvariantCulture, $"{name} is {text}; allowed {min}..{max}, also as 1e6"));
}

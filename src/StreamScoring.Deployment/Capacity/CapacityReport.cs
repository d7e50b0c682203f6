using System.Globalization;
using System.Text;

namespace StreamScoring.Deployment.Capacity;

/// <summary>A plan as text, for people; docs/scale.md quotes it.</summary>
public static class CapacityReport
{
    public static string Of(CapacityPlan plan)
    {
        var text = new StringBuilder();
        var machine = plan.Load.Machine;
        Line(text, $"payments/s    {string.Join(", ", plan.PaymentsPerSecond.Select(region => $"{region.Key} {Quantity.Count(region.Value)}"))}; "
            + $"{Quantity.Number(plan.Load.LabelsPerPayment)} labels each; {Quantity.Number(plan.PaymentBytes)} B a payment, {Quantity.Number(plan.DecisionBytes)} B a decision");
        Line(text, $"a process     {Quantity.Number(machine.Cores)} cores, {Quantity.Bytes(machine.MemoryBytes)}, network {Quantity.BytesPerSecond(machine.NetworkBytesPerSecond)} each way, "
            + $"disk {Quantity.BytesPerSecond(machine.DiskBytesPerSecond)}; used to {Quantity.Percent(plan.Load.Utilization)}, memory to 90 %");
        Line(text, $"constants     {plan.Measured.Cpu}, {plan.Measured.Runtime}, {plan.Measured.At}, load {plan.Measured.LoadAverage} before, model {plan.Measured.Model}");
        text.AppendLine();
        Table(text,
        [
            ["entity", "keys", "events kept for", "events a key", "bytes an event"],
            .. plan.Entities.Select(entity => new[]
            {
                entity.Entity,
                Quantity.Count(entity.Keys) + (entity.KeysAreGiven ? "" : " (not given)"),
                Quantity.Time(entity.InSightSeconds) + (entity.IsForgotten ? "" : ", keys for good"),
                Quantity.Number(entity.EventsPerKey) + (entity.EventsPerKey > entity.ExactEvents ? $", {entity.ExactEvents} exact" : ""),
                entity.EventBytes.ToString(CultureInfo.InvariantCulture),
            }),
        ]);
        text.AppendLine();
        Table(text,
        [
            ["", .. plan.Variants.Select(variant => $"follow: {variant.Variant.Follow}" + (variant.IsOfTopology ? " *" : ""))],
            .. plan.Variants.Any(variant => variant.Variant.OtherRegions)
                ? [["other regions", .. plan.Variants.Select(variant => variant.Variant.OtherRegions ? "followed" : "not followed")]]
                : Array.Empty<string[]>(),
            Row($"processes of {plan.Region}", plan, variant => variant.Fits ? Quantity.Count(variant.Processes) : "do not fit"),
            Row("binds", plan, variant => $"{variant.Process.Binding.Name}, {Quantity.Percent(variant.Process.Binding.Share)}"),
            Row("partitions", plan, variant => variant.Fits ? Quantity.Count(variant.Partitions) : "-"),
            Row($"brokers of {plan.Region}", plan, variant => variant.Fits ? Quantity.Count(variant.Brokers.Brokers) : "-"),
            Row("  written, copies too", plan, variant => variant.Fits ? Quantity.BytesPerSecond(variant.Brokers.InBytesPerSecond) : "-"),
            Row("  read, copies too", plan, variant => variant.Fits ? Quantity.BytesPerSecond(variant.Brokers.OutBytesPerSecond) : "-"),
            Row("of one process", plan, _ => ""),
            Row("  folded/s", plan, variant => Quantity.Count(variant.Process.FoldedPerSecond)),
            Row("  decided/s", plan, variant => variant.Fits ? Quantity.Count(variant.Process.DecidedPerSecond) : "-"),
            Row("  cores", plan, variant => Used(variant, "cores")),
            Row("  thread that folds", plan, variant => Used(variant, "the thread that folds")),
            Row("  thread that decodes", plan, variant => Used(variant, "the thread that decodes")),
            Row("  scoring lanes", plan, variant => Used(variant, "scoring lanes")),
            Row("  memory", plan, variant => Quantity.Bytes(variant.Process.MemoryBytes)),
            .. plan.Entities.Select(entity => Row($"    keys of {entity.Entity}", plan, variant => Quantity.Count(variant.Process.Keys[entity.Entity]))),
            Row("    keyed state", plan, variant => Quantity.Bytes(variant.Process.StateBytes)),
            Row("    a table that grows", plan, variant => Quantity.Bytes(variant.Process.GrowthBytes)),
            Row("    idempotency", plan, variant => Quantity.Bytes(variant.Process.IndexBytes)),
            Row("    batches, queues", plan, variant => Quantity.Bytes(variant.Process.PathBytes)),
            Row("    the program", plan, variant => Quantity.Bytes(variant.Process.ProcessBytes)),
            Row("  network in", plan, variant => Quantity.BytesPerSecond(variant.Process.NetworkInBytesPerSecond)),
            Row("  network out", plan, variant => variant.Fits ? Quantity.BytesPerSecond(variant.Process.NetworkOutBytesPerSecond) : "-"),
            Row("  a snapshot", plan, variant => Quantity.Bytes(variant.Process.SnapshotBytes)),
            Row("    waits for its writer", plan, variant => Used(variant, "copies that wait for the snapshot's writer")),
            Row("    disk", plan, variant => Used(variant, "disk")),
            Row("    read back in", plan, variant => Quantity.Time(variant.Process.RestoreSeconds)),
        ]);
        var any = plan.Variants[0].Process;
        Line(text, $"* as the topology says. CPU of a payment: {Quantity.Number(any.CpuMicrosecondsDecided)} us decided, {Quantity.Number(any.CpuMicrosecondsFollowed)} us folded only.");
        text.AppendLine();
        foreach (var advice in plan.Advice)
        {
            Line(text, $"- {advice}");
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    private static string[] Row(string name, CapacityPlan plan, Func<CapacityVariant, string> cell) => [name, .. plan.Variants.Select(cell)];

    private static string Used(CapacityVariant variant, string limit)
    {
        var found = variant.Process.Limits.First(known => known.Name == limit);
        return $"{Quantity.Of(found.Used, found.Unit)} of {Quantity.Of(found.Allowed, found.Unit)}";
    }

    private static void Table(StringBuilder text, IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            Line(text, string.Join("   ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}

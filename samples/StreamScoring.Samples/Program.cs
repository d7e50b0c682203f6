using StreamScoring.Client;
using StreamScoring.Contracts;
using StreamScoring.Samples;

// The region of topology/handbook/topology.yaml, on the brokers that SCORING_BROKERS names.
var region = new ScoringRegion
{
    Name = "eu",
    Kafka = new KafkaSettings(Environment.GetEnvironmentVariable("SCORING_BROKERS") ?? "127.0.0.1:19092"),
    PartitionBy = TextField.CustomerId,
};
using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupted.Cancel();
};

try
{
    return args switch
    {
        ["decide", var count] => await DecideSample.RunAsync(region, int.Parse(count), interrupted.Token),
        ["radar", var count] => await RadarSample.RunAsync(region, int.Parse(count), interrupted.Token),
        ["labels", var file] => await LabelsSample.RunAsync(region, file, interrupted.Token),
        _ => Usage(),
    };
}
catch (OperationCanceledException)
{
    return 130;
}

static int Usage()
{
    Console.Error.WriteLine("usage: samples decide COUNT | radar COUNT | labels FILE");
    return 2;
}

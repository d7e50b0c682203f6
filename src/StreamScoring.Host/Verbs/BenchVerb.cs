using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Host.Evaluating;
using StreamScoring.Host.Tuning;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Verbs;

/// <summary>Measures parts of the program on this machine.</summary>
internal static class BenchVerb
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private const int ThreadsMax = 64;

    private static readonly TimeSpan DurationDefault = TimeSpan.FromMilliseconds(400);

    public static Command Build() => new("bench", "Measures parts of the program on this machine. scoring tune measures a whole pipeline.") { Inference() };

    private static Command Inference()
    {
        var model = new Option<string>("--model") { Description = "A model folder, one of MLflow, or a bare .onnx file", HelpName = "DIR|FILE.onnx", Required = true };
        var data = new Option<string?>("--data") { Description = "Rows to score (default: the folder's golden rows; needed for a bare file)", HelpName = "FILE" };
        var inputs = new Option<string?>("--inputs") { Description = "A bare file's inputs: the table's columns by name, in the model's order", HelpName = "A,B,…" };
        var ignore = new Option<string?>("--ignore") { Description = "Columns of --data that are none of a bare file's inputs, such as the label", HelpName = "A,B,…" };
        var columns = new Option<string?>("--columns") { Description = "The columns file of --data: the label that it names is no input either", HelpName = "FILE" };
        var batches = new Option<string>("--batch") { Description = "Rows of a call", HelpName = "N,N,…", DefaultValueFactory = _ => "1,8,32,64,256,1024" };
        var lanes = new Option<string?>("--lanes") { Description = "Threads that score at once (default: one, and one for each core)", HelpName = "N,N,…" };
        var threads = new Option<string>("--threads") { Description = "Threads that compute one call (ONNX Runtime): models.engines.NAME.threads", HelpName = "N,N,…", DefaultValueFactory = _ => "1" };
        var device = new Option<string>("--device") { Description = "What computes it: cpu or cuda", HelpName = "DEVICE", DefaultValueFactory = _ => "cpu" };
        device.AcceptOnlyFromAmong("cpu", "cuda");
        var duration = new Option<string?>("--duration") { Description = "How long each is measured (default 400ms)", HelpName = "TIME" };
        var json = CommonOptions.Json();
        var command = new Command("inference",
            """
            Shows how fast a model scores rows that lie ready: rows a second and microseconds a row by rows of a call, lanes and threads of
            a call, with ONNX Runtime and, where it serves the model, with the tree kernel. Then it says which ingest.batchRowsMax,
            score.lanes and score.engine that speaks for. A call is computed on its own thread unless --threads says more: lanes are what is
            parallel, and no thread waits busily.

            Example:
              scoring bench inference --model topology/handbook/model
              scoring bench inference --model model.onnx --data features.parquet --ignore fraud --batch 1,32,256 --lanes 1,4
              scoring bench inference --model model.onnx --data features.parquet --threads 1,2,4 --batch 256,1024
            """) { model, data, inputs, ignore, columns, batches, lanes, threads, device, duration, json };
        command.Runs((parsed, cancel) =>
        {
            var time = CommonOptions.TimeOf("--duration", parsed.GetValue(duration)) ?? DurationDefault;
            var sizes = Numbers("--batch", parsed.GetRequiredValue(batches), PaymentBatch.RowsCeiling);
            var lanesOf = Numbers("--lanes", parsed.GetValue(lanes) ?? string.Create(CultureInfo.InvariantCulture, $"1,{Environment.ProcessorCount}"), PipelineOptions.ScoringLanesCeiling);
            var engines = Numbers("--threads", parsed.GetRequiredValue(threads), ThreadsMax).Select(count => ModelEngine.Default with { Device = parsed.GetValue(device) == "cuda" ? ModelDevice.Cuda : ModelDevice.Cpu, Threads = count }).ToList();
            var choice = new InputChoice(parsed.GetValue(inputs), parsed.GetValue(ignore), parsed.GetValue(columns));
            return Task.FromResult(Run(parsed.GetRequiredValue(model), parsed.GetValue(data), choice, engines, sizes, lanesOf, time, parsed.GetValue(json), cancel));
        });
        return command;
    }

    private static int Run(string path, string? data, InputChoice inputs, List<ModelEngine> engines, IReadOnlyList<int> batches, IReadOnlyList<int> lanes, TimeSpan duration, bool isJson, CancellationToken cancel)
    {
        // First as it would be served, then by ONNX Runtime where that is another.
        using var model = Load(path, data, inputs, ScoringEngine.Auto, engines[0], cancel);
        var table = ScoringTable.Read(data ?? Path.Combine(path, OnnxModelLoader.GoldenFile), model.Inputs, PaymentBatch.RowsCeiling);
        if (table.RowCount == 0)
        {
            throw new InvalidInputFileException($"{data ?? path}: has no rows to score");
        }

        var cells = new List<InferenceBench.Cell>();
        using var progress = new ProgressLine();
        if (!isJson)
        {
            Console.WriteLine($"{model.Name} {model.Version}: {model.Inputs.Count} inputs, {table.RowCount:N0} rows, {Environment.ProcessorCount} cores");
            Console.WriteLine("engine       device  threads  lanes  rows a call     rows/s   µs/row   ms a call");
        }

        Measure(model, engines[0]);
        foreach (var engine in model.Engine == "trees" ? engines : engines.Skip(1))
        {
            using var other = Load(path, data, inputs, ScoringEngine.OnnxRuntime, engine, cancel);
            Measure(other, engine);
        }

        void Measure(OnnxModel of, ModelEngine engine)
        {
            foreach (var (count, batch) in lanes.SelectMany(count => batches.Select(batch => (count, batch))))
            {
                progress.Show($"{of.Engine}, {engine.Threads} threads, {count} lanes, {batch} rows a call");
                var cell = InferenceBench.Measure(of, engine, table, count, batch, duration, cancel);
                cells.Add(cell);
                progress.Clear();
                if (!isJson)
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"{cell.Engine,-12} {cell.Device,-6} {cell.Threads,8} {cell.Lanes,6} {cell.Batch,12} {cell.RowsPerSecond,10:#,0} {cell.MicrosecondsPerRow,8:0.###} {cell.CallMs,11:0.####}"));
                }
            }
        }

        Say(model, cells, lanes, isJson);
        return VerbRunner.Done;
    }

    private static void Say(OnnxModel model, List<InferenceBench.Cell> cells, IReadOnlyList<int> lanes, bool isJson)
    {
        // Of the engine that would serve it.
        var own = cells.Where(cell => cell.Engine == model.Engine && cell.Threads == cells[0].Threads).ToList();
        var recommended = lanes.Contains(1) ? InferenceBench.Recommended(own) : null;
        if (isJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { model = model.Name, version = model.Version, cells, recommended }, SnakeCase));
            return;
        }

        if (recommended is not null)
        {
            var most = own.Where(cell => cell.Batch == recommended.Batch).MaxBy(cell => cell.RowsPerSecond)!;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"score.engine: auto ({recommended.Engine}); {recommended.Batch} rows a call cost at most a tenth more than the best: ingest.batchRowsMax below that wastes time. {most.Lanes} lanes give {most.RowsPerSecond / recommended.RowsPerSecond:0.0} times the rows of one: score.lanes above 1 pays off where scoring is what a process waits for, which scoring tune measures."));
            if (cells.Where(cell => cell.Threads > recommended.Threads && cell.Engine == "onnxruntime" && cell.Lanes == 1).MinBy(cell => cell.MicrosecondsPerRow) is { } threaded && threaded.MicrosecondsPerRow < recommended.MicrosecondsPerRow)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"models: {{engines: {{{model.Name}: {{threads: {threaded.Threads}, rowsMax: {threaded.Batch}}}}}}}: {recommended.MicrosecondsPerRow / threaded.MicrosecondsPerRow:0.0} times the rows of one thread on one lane. Lanes are worth more where there are enough batches for them."));
            }
        }
    }

    /// <summary>With more than one thread, or a graphics card, larger calls pay.</summary>
    private static OnnxModel Load(string path, string? data, InputChoice inputs, ScoringEngine engine, ModelEngine runtime, CancellationToken cancel) => ModelPath.Load(
        path, data, inputs,
        new ModelLoadOptions { Engine = engine, Runtime = runtime.Threads > 1 || runtime.Device != ModelDevice.Cpu ? runtime with { RowsMax = PaymentBatch.RowsCeiling } : runtime, Cancel = cancel });

    private static List<int> Numbers(string option, string text, int max)
    {
        var numbers = new List<int>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            numbers.Add(int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max ? number
                : throw new InvalidInputFileException($"{option} holds {part}; allowed: whole numbers from 1 to {max}, separated by commas"));
        }

        return numbers.Count > 0 ? [.. numbers.Distinct().Order()] : throw new InvalidInputFileException($"{option} is empty; write whole numbers, separated by commas");
    }
}

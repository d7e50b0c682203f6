using StreamScoring.Benchmarks;
using StreamScoring.Benchmarks.Hostile;
using StreamScoring.Benchmarks.OpenLoop;
using StreamScoring.Benchmarks.Scale;

// A benchmark compares two things, alternating, and prints one JSON object on stdout for each
// comparison. Notes go to stderr.
return args switch
{
    ["fold", .. var options] => FoldBenchmark.Run(options),
    ["hot", .. var options] => HotKeyBenchmark.Run(options),
    ["hot-ratio", .. var options] => HotRatioBenchmark.Run(options),
    ["restore", .. var options] => RestoreBenchmark.Run(options),
    ["restore-once", .. var options] => RestoreBenchmark.ReadOnce(options),
    ["engine", .. var options] => EngineBenchmark.Run(options),
    ["constants", .. var options] => ConstantsBenchmark.Run(options),
    ["trees", .. var options] => TreeBenchmark.Run(options),
    ["scale", .. var options] => ScaleBenchmark.Run(options),
    ["bare", .. var options] => BareLoop.Run(options),
    ["load", .. var options] => OpenLoopBenchmark.Run(options),
    ["hostile", .. var options] => HostileBenchmark.Run(options),
    ["lists", .. var options] => ListImportBenchmark.Run(options),
    ["swaps", .. var options] => SwapBenchmark.Run(options),
    ["b1-labels", .. var options] => FraudLabels.Run(options),
    ["b1-machine", .. var options] => Machine(options),
    ["wide-model", .. var options] => WideModel.Run(options),
    ["b1-model", .. var options] => ModelFolder.Run(options),
    ["b1-observe", .. var options] => TopicObserver.Run(options),
    ["b1-summary", .. var options] => B1Summary.Run(options),
    ["b1-topics", .. var options] => await OutputTopics.RunAsync(options),
    _ => Usage(),
};

static int Machine(string[] arguments)
{
    var options = new BenchmarkOptions(arguments);
    new ResultFile(options.Required("results")).Machine("b1", options.Required("command"));
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine(
        """
        usage: dotnet run -c Release --project load-tests/StreamScoring.Benchmarks -- VERB [options]
          fold    [--keys 1000000] [--runs 5] [--rows 1000000] [--exponent 1.1] [--results FILE]
                  B3: the fold against a Dictionary of objects
          hot     [--events 1000000] [--exact-events 4096]
                  one more event on a key that has 10^3 .. 10^6 of them
          hot-ratio [--features FILE...]
                  a payment of a key with 3,900 rows and more against one of a key with a few: the shipped files, and each aggregate
          restore [--payments 1500000] [--runs 5] [--features FILE] [--results FILE]
                  the part of B6 that grows with the state: reading a snapshot of as many customers and terminals
          engine  --model DIR [--features FILE] [--batch-rows 32 256] [--runs 5] [--rows 200000] [--warm-up 450000] [--results FILE]
                  [--payments FILE... --columns FILE] [--engine trees|onnxruntime] [--rules 100]
                  B2: decode, fold, score, decide and encode on one thread against the model alone, both on the same rows
          constants [--runs 3] [--keys 300000] [--output src/StreamScoring.Deployment/Capacity/constants.json] [--results FILE]
                  [--decided-ns N --followed-ns N --process-bytes N] [--features FILE --model DIR]
                  what `scoring topology plan --capacity` computes with; load-tests/capacity/measure gives the numbers that take a broker
          wide-model --output FILE.onnx [--inputs 6] [--hidden 4096]
                  writes a model that is slow as neural networks are
          trees   --model DIR [--batch-rows 1 8 32 64 256] [--rows real|shuffled] [--data FILE] [--passes 10] [--runs 7] [--results FILE]
                  the tree kernel against ONNX Runtime on the rows of DIR/rows.csv (or FILE)
          scale   [--quick] [--runs 7] [--sweeps lanes partitions features events-a-key keys] [--results FILE]
                  B7: the cost of a payment against the number of each, as tables with the fitted slope. Ten million keys take some 4 GiB
          bare    --brokers B --group G --from TOPIC --to TOPIC [--messages N] [--linger-ms 1]
                  the floor of B1 and B4: a consume and produce loop; without N it goes on until it is ended
          load    --brokers B --answers TOPIC [--payments payments] [--rate 2000] [--seconds 40] [--warm-up 20] [--format json]
                  the open loop of B4 and B5: payments at their intended times, and when their answers are read
          hostile --brokers B --payments TOPIC [--records 3000] [--seconds 20] [--delay 0] [--seed 1]
                  hostile records into every partition while an open loop runs: wrong clocks, costly ones, ids used again, card numbers
          lists   [--entries 1000000]
                  what an import into a list costs the thread that folds, batch by batch
          swaps   [--swaps 1000] [--from memory|disk] [--rate 2000] [--seconds 10] [--runs 3] [--model DIR] [--features FILE] [--results FILE]
                  what a payment waits while policies are swapped, against without; stretches of --seconds alternate
          load-tests/run-b1 runs B1; the verbs b1-… are its steps.
        """);
    return 2;
}

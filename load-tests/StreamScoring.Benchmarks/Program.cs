using StreamScoring.Benchmarks;

// Each benchmark is a verb, compares two things in one process, alternating, and prints one JSON object on stdout. Notes go to stderr.
return args switch
{
    ["fold", .. var options] => FoldBenchmark.Run(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        usage: dotnet run -c Release --project load-tests/StreamScoring.Benchmarks -- VERB [options]
          fold [--keys 1000000] [--runs 5] [--rows 1000000] [--exponent 1.1]   B3: the fold against a Dictionary of objects
        """);
    return 2;
}

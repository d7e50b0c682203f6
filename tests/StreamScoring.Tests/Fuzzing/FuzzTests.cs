using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Fuzzing;

/// <summary>
/// Whatever a decoder is fed, it throws nothing but what it documents, ends, and allocates no more
/// than in proportion to the input. Inputs are valid ones, changed part by part. One that fails is
/// written to the corpus, which is run first: commit it with the fix.
/// </summary>
public sealed class FuzzTests
{
    private static readonly string CorpusFolder = Path.Combine(SharedFolder.RepositoryRoot, "tests", "StreamScoring.Tests", "Fuzzing", "Corpus");

    /// <summary>Inputs per decoder: <c>FUZZ_INPUTS</c> for a longer search.</summary>
    private static readonly long Inputs = long.Parse(Environment.GetEnvironmentVariable("FUZZ_INPUTS") ?? "1500", CultureInfo.InvariantCulture);

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory, MemberData(nameof(Targets))]
    public void A_decoder_keeps_its_promises_for_every_input_of_its_corpus(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        var corpus = CorpusOf(target);
        Assert.NotEmpty(corpus);
        foreach (var (file, input) in corpus)
        {
            Assert.True(target.Check(input) is not { } problem, $"{file}: {target.Check(input)}");
        }
    }

    [Theory, MemberData(nameof(Targets))]
    public void A_decoder_keeps_its_promises_for_every_prefix_of_what_is_valid(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        foreach (var seed in target.Seeds)
        {
            for (var length = 0; length <= seed.Length; length++)
            {
                Assert.True(target.Check(seed[..length]) is null, $"{length} of {seed.Length} bytes: {target.Check(seed[..length])}");
            }
        }
    }

    [Theory, MemberData(nameof(Targets))]
    public void A_decoder_keeps_its_promises_for_changed_inputs(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        // The first call compiles and fills caches, and that is not the input's doing.
        target.Check(target.Seeds[0]);
        byte[][] seeds = [.. target.Seeds, .. CorpusOf(target).Select(entry => entry.Input)];
        byte[]? failing = null;
        try
        {
            Gen.Select(Gen.Int[0, seeds.Length - 1], Mutation.Gen.Array[1, 6]).Sample(
                change =>
                {
                    var (seed, mutations) = change;
                    var input = mutations.Aggregate(seeds[seed], (bytes, mutation) => mutation.Apply(bytes, target));
                    if (target.Check(input) is { } problem)
                    {
                        failing = input;
                        throw new InvalidOperationException(problem);
                    }
                },
                iter: Inputs, threads: 1);
        }
        catch (CsCheckException e) when (failing is not null)
        {
            // The last that failed is the smallest that CsCheck came to.
            var file = Path.Combine(CorpusFolder, target.Name, $"{Convert.ToHexStringLower(SHA256.HashData(failing))[..12]}.bin");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, failing);
            Assert.Fail($"{file} was added: {target.Check(failing)}\n{e.Message}\n{Encoding.Latin1.GetString(failing)[..Math.Min(failing.Length, 400)]}");
        }
    }

    private static List<(string File, byte[] Input)> CorpusOf(FuzzTarget target)
    {
        var folder = Path.Combine(CorpusFolder, target.Name);
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(file => (file, File.ReadAllBytes(file)))] : [];
    }
}

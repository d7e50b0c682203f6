using StreamScoring.Configuration;
using StreamScoring.Files;

namespace StreamScoring.Tests.Files;

public sealed class OutputFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("output").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_appears_whole_and_replaces_one_of_its_own_kind_with_all_that_is_in_it()
    {
        var path = Path.Combine(_folder, "deep", "model");
        Assert.Equal("first", Write(path, "a", "first"));
        Assert.Equal("second", Write(path, "b", "second"));
        Assert.Equal(["b"], Names(path));
        Assert.Equal(["model"], Names(Path.GetDirectoryName(path)!));
    }

    [Theory]
    [InlineData("notes.txt")]
    [InlineData("a.old")]
    [InlineData(".git/HEAD")]
    [InlineData("a/b")]
    public void A_folder_that_holds_anything_else_is_refused_and_stays_as_it_is(string other)
    {
        var path = Path.Combine(_folder, "data");
        var file = Path.Combine(path, other);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "mine");
        var error = Assert.Throws<InvalidInputFileException>(() => OutputFolder.Create(path, ["a", "b"]));
        Assert.StartsWith($"{path} holds {other.Split('/')[0]}, which is not of this verb", error.Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(file));
        Assert.Equal(["data"], Names(_folder));
    }

    [Fact]
    public void What_was_put_into_it_meanwhile_is_kept_and_the_new_folder_is_not()
    {
        var path = Path.Combine(_folder, "model");
        Directory.CreateDirectory(path);
        using (var output = OutputFolder.Create(path, ["a"]))
        {
            File.WriteAllText(Path.Combine(output.TemporaryPath, "a"), "new");
            File.WriteAllText(Path.Combine(path, "notes.txt"), "mine");
            Assert.Contains("holds notes.txt", Assert.Throws<InvalidInputFileException>(output.Complete).Message, StringComparison.Ordinal);
        }

        Assert.Equal(["notes.txt"], Names(path));
        Assert.Equal(["model"], Names(_folder));
    }

    [Fact]
    public void Without_being_completed_nothing_stays_and_what_was_there_does()
    {
        var path = Path.Combine(_folder, "model");
        Write(path, "a", "old");
        using (var output = OutputFolder.Create(path, ["a"]))
        {
            File.WriteAllText(Path.Combine(output.TemporaryPath, "a"), "new");
        }

        Assert.Equal("old", File.ReadAllText(Path.Combine(path, "a")));
        Assert.Equal(["model"], Names(_folder));
    }

    [Fact]
    public void A_link_stays_and_what_it_names_is_replaced()
    {
        var (place, link) = (Path.Combine(_folder, "model-7"), Path.Combine(_folder, "current"));
        Write(place, "a", "old");
        Directory.CreateSymbolicLink(link, place);
        Write(link, "a", "new");
        Assert.Equal("new", File.ReadAllText(Path.Combine(place, "a")));
        Assert.Equal(place, new DirectoryInfo(link).LinkTarget);
    }

    [Fact]
    public void A_file_and_the_root_are_no_folders_to_write()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "mine");
        Assert.Contains("is a file", Assert.Throws<InvalidInputFileException>(() => OutputFolder.Create(file, ["a"])).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputFileException>(() => OutputFolder.Create("/", ["a"]));
        Assert.Equal("mine", File.ReadAllText(file));
    }

    private static string Write(string path, string name, string text)
    {
        using (var output = OutputFolder.Create(path, ["a", "b"]))
        {
            File.WriteAllText(Path.Combine(output.TemporaryPath, name), text);
            output.Complete();
        }

        return File.ReadAllText(Path.Combine(path, name));
    }

    private static IEnumerable<string?> Names(string folder) => Directory.GetFileSystemEntries(folder).Select(Path.GetFileName);
}

using StreamScoring.Configuration;
using StreamScoring.Lists;

namespace StreamScoring.Tests.Rules;

public sealed class ListFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lists").FullName;

    [Fact]
    public void A_file_is_read_with_header_comments_quotes_ends_and_notes()
    {
        File.WriteAllText(Path.Combine(_folder, "trusted.csv"), "entry,until,note\r\n# ours\r\nc-1\r\n\r\n\"a,\"\"b\"\"\",1970-01-02,why, so\r\n");
        var list = new ListFiles(_folder).Load("trusted", ListUse.Text);

        Assert.Equal(2, list.Count);
        Assert.True(list.ContainsText("c-1"u8, long.MaxValue));
        Assert.True(list.ContainsText("a,\"b\""u8, (2 * 24 * 3600 * 1000) - 1));
        Assert.False(list.ContainsText("a,\"b\""u8, 2 * 24 * 3600 * 1000));
    }

    [Theory]
    [InlineData("c-1,soon", "trusted:1: has an end of soon; write 2027-01-31")]
    [InlineData("c-1\n,2027-01-31", "trusted:2: has no entry")]
    [InlineData("\"c-1", "trusted:1: begins with a quote that does not end")]
    [InlineData("\"c\"x", "trusted:1: has text behind a quoted entry")]
    public void A_wrong_line_is_told(string text, string problem)
    {
        File.WriteAllText(Path.Combine(_folder, "trusted"), text);
        var error = Assert.Throws<InvalidInputFileException>(() => new ListFiles(_folder).Load("trusted", ListUse.Text));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ListUse.Number, "trusted:2: x7 is no number")]
    [InlineData(ListUse.Network, "trusted:1: 1 is no address and no network")]
    public void An_entry_that_is_not_what_rules_look_for_is_told(ListUse use, string problem)
    {
        File.WriteAllText(Path.Combine(_folder, "trusted"), "1\nx7\n");
        var error = Assert.Throws<InvalidInputFileException>(() => new ListFiles(_folder).Load("trusted", use));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_files_of_one_list_are_refused()
    {
        File.WriteAllText(Path.Combine(_folder, "trusted"), "");
        File.WriteAllText(Path.Combine(_folder, "trusted.csv"), "");

        Assert.Contains("are both the list trusted", Assert.Throws<InvalidInputFileException>(() => new ListFiles(_folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("c-1\rc-2\rc-3\rc-4\r")]
    [InlineData("\uFEFF\"Entry\",\"Until\",\"Note\"\nc-1\nc-2\n\nc-3\nc-4")]
    [InlineData("c-1,9999-12-31\nc-2\nc-3,,\"a, note\"\nc-4\n")]
    public void Line_ends_marks_and_headers_of_other_programs_are_read(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "trusted"), text);
        var list = new ListFiles(_folder).Load("trusted", ListUse.Text);

        Assert.Equal(4, list.Count);
        Assert.True(list.ContainsText("c-1"u8, long.MaxValue - 1));
        Assert.False(list.ContainsText("c-5"u8, 0));
    }

    [Theory]
    [InlineData("c-1", "a note, with \"quotes\"")]
    [InlineData(" blanks ", null)]
    [InlineData("a,b", "x")]
    [InlineData("entry,until,note", null)]
    public void What_the_editor_writes_is_read_back(string text, string? note)
    {
        var path = Path.Combine(_folder, "trusted");
        var list = ListFileEditor.Open(path);
        list.Put(new ListEntry(text, 1_801_440_000_000, note));
        list.Save();

        Assert.Equal([new ListEntry(text, 1_801_440_000_000, note)], ListFileEditor.Open(path).Entries);
    }

    [Fact]
    public void An_entry_that_no_file_can_hold_is_refused() =>
        Assert.Throws<InvalidInputFileException>(() => ListFileEditor.Open(Path.Combine(_folder, "trusted")).Put(new ListEntry(new string('x', 3000), ListEntry.Forever, null)));

    [Fact]
    public void A_link_stays_one_and_the_file_keeps_its_mode()
    {
        var (file, link) = (new FileInfo(Path.Combine(_folder, "file")), new FileInfo(Path.Combine(_folder, "trusted")));
        File.WriteAllText(file.FullName, "c-1\n");
        var mode = OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file.FullName) & ~(UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file.FullName, mode);
        }

        File.CreateSymbolicLink(link.FullName, "file");
        var list = ListFileEditor.Open(link.FullName);
        list.Put(new ListEntry("c-2", ListEntry.Forever, null));
        list.Save();

        Assert.Equal(("file", "c-1\nc-2\n"), (new FileInfo(link.FullName).LinkTarget, File.ReadAllText(file.FullName)));
        Assert.Equal(mode, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file.FullName));
    }

    [Fact]
    public void A_file_that_is_the_same_is_not_read_again()
    {
        File.WriteAllText(Path.Combine(_folder, "trusted"), "c-1\n");
        var files = new ListFiles(_folder);
        var list = files.Load("trusted", ListUse.Text);

        Assert.Same(list, files.Load("trusted", ListUse.Text, list));
        File.WriteAllText(Path.Combine(_folder, "trusted"), "c-2\n");
        Assert.NotSame(list, files.Load("trusted", ListUse.Text, list));
    }

    [Fact]
    public void The_editor_changes_entries_and_leaves_all_else()
    {
        var path = Path.Combine(_folder, "trusted.csv");
        File.WriteAllText(path, "entry,until,note\n# ours\nc-1,,old\nc-2\nc-1\n");
        var list = ListFileEditor.Open(path);
        Assert.Equal(2, list.Count);
        Assert.False(list.Put(new ListEntry("c-1", 1_801_440_000_000, "new")));
        Assert.True(list.Put(new ListEntry("a,\"#", ListEntry.Forever, null)));
        Assert.True(list.Remove("c-2"));
        Assert.False(list.Remove("c-2"));
        list.Save();

        Assert.Equal("entry,until,note\n# ours\nc-1,2027-02-01T00:00:00Z,new\n\"a,\"\"#\"\n", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
        Assert.Equal([("c-1", 1_801_440_000_000), ("a,\"#", ListEntry.Forever)], ListFileEditor.Open(path).Entries.Select(entry => (entry.Text, entry.UntilMs)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

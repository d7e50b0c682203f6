using System.Formats.Tar;
using StreamScoring.Configuration;
using StreamScoring.Host.Serving;

namespace StreamScoring.IntegrationTests;

/// <summary>Archives of models come from a topic, and anybody may have written them.</summary>
public sealed class ModelArchiveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("archive").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_same_files_give_the_same_bytes_and_come_out_as_they_were()
    {
        var (one, other, read) = (Make("one"), Make("other"), Directory.CreateDirectory(Path.Combine(_folder, "read")).FullName);
        foreach (var name in new[] { "b.bin", "a/c.bin" })
        {
            Write(one, name, name);
        }

        foreach (var name in new[] { "a/c.bin", "b.bin" })
        {
            Write(other, name, name);
        }

        File.SetLastWriteTimeUtc(Path.Combine(other, "b.bin"), new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        Assert.Equal(Archive(one).ToArray(), Archive(other).ToArray());
        ModelArchive.Read(Archive(one), read);
        Assert.Equal("a/c.bin", File.ReadAllText(Path.Combine(read, "a", "c.bin")));
        Assert.Equal("b.bin", File.ReadAllText(Path.Combine(read, "b.bin")));
    }

    [Theory]
    [InlineData("../out.bin", TarEntryType.RegularFile)]
    [InlineData("/tmp/out.bin", TarEntryType.RegularFile)]
    [InlineData("a/../../out.bin", TarEntryType.RegularFile)]
    [InlineData("link", TarEntryType.SymbolicLink)]
    [InlineData("link", TarEntryType.HardLink)]
    [InlineData("pipe", TarEntryType.Fifo)]
    public void A_file_outside_of_the_folder_or_no_file_is_refused(string name, TarEntryType type)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            var entry = new UstarTarEntry(type, name);
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
            {
                entry.LinkName = "/etc/passwd";
            }

            tar.WriteEntry(entry);
        }

        stream.Position = 0;
        var read = Make("read");
        Assert.Contains("is no file of a model's folder", Assert.Throws<InvalidInputFileException>(() => ModelArchive.Read(stream, read)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(read));
        Assert.Equal([read], Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void What_is_no_archive_is_refused()
    {
        var bytes = new byte[5000];
        new Random(1).NextBytes(bytes);
        Assert.Throws<InvalidInputFileException>(() => ModelArchive.Read(new MemoryStream(bytes), Make("read")));
    }

    private string Make(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    private static void Write(string folder, string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
        File.WriteAllText(Path.Combine(folder, name), text);
    }

    private static MemoryStream Archive(string folder)
    {
        var stream = new MemoryStream();
        ModelArchive.Write(folder, stream);
        stream.Position = 0;
        return stream;
    }
}

using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ScottPlot;
using StreamScoring.Configuration;

namespace StreamScoring.Host.Reports;

/// <summary>What pages of results share: one file of HTML that needs nothing else, with its numbers
/// beside it.</summary>
internal static class ReportPage
{
    public const string FileName = "report.html", JsonName = "report.json";

    /// <exception cref="InvalidInputFileException">The folder cannot be written.</exception>
    public static void Write(string folder, string html, JsonObject json)
    {
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, FileName), html);
            File.WriteAllText(Path.Combine(folder, JsonName), json.ToJsonString());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{folder} cannot be written: {e.Message}", e);
        }
    }

    /// <returns>A page up to its heading.</returns>
    public static StringBuilder Begin(string title) => new($$"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>{{Escape(title)}}</title>
        <style>
        body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222 }
        table { border-collapse: collapse; margin: 1em 0 } th, td { padding: .3em .8em; border-bottom: 1px solid #ddd; text-align: right; vertical-align: top }
        th:first-child, td:first-child, td.text { text-align: left } th { background: #f4f4f4 } td.same { color: #777 }
        figure { display: inline-block; margin: 0 1em 1em 0 } figure svg { max-width: 100% }
        </style></head><body>
        <h1>{{Escape(title)}}</h1>

        """);

    /// <summary>Adds a plot as SVG.</summary>
    public static void Figure(StringBuilder page, string title, int width, int height, Action<Plot> draw)
    {
        using var plot = new Plot();
        plot.Title(title);
        draw(plot);
        var svg = plot.GetSvgXml(width, height);
        page.Append("<figure>").Append(svg.AsSpan(Math.Max(0, svg.IndexOf("<svg", StringComparison.Ordinal)))).Append("</figure>\n");
    }

    public static string Escape(string text) => WebUtility.HtmlEncode(text);
}

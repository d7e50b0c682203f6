using System.Globalization;
using System.Text;
using CsCheck;
using NodaTime;
using StreamScoring.Contracts;
using StreamScoring.Mapping;

namespace StreamScoring.Tests.Mapping;

public sealed class TimeReadingTests
{
    private static readonly DateTimeZone Berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];

    [Theory]
    [InlineData("2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000Z")]
    [InlineData("2024-02-29 12:00", "2024-02-29T12:00:00.000Z")]
    [InlineData("2024-02-29T13:00:00.5+01:00", "2024-02-29T12:00:00.500Z")]
    [InlineData("2024-02-29 13:00:00+0100", "2024-02-29T12:00:00.000Z")]
    [InlineData("2024-02-29 13:00:00 +01", "2024-02-29T12:00:00.000Z")]
    [InlineData("2024-02-29 06:30:00.123456789-0530", "2024-02-29T12:00:00.123Z")]
    [InlineData("2024-02-29 12:00:00 UTC", "2024-02-29T12:00:00.000Z")]
    [InlineData(" 2024-02-29 ", "2024-02-29T00:00:00.000Z")]
    [InlineData("1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z")]
    [InlineData("1709208000000", "2024-02-29T12:00:00.000Z")]
    [InlineData("2023-02-29", null)]
    [InlineData("2024-13-01", null)]
    [InlineData("2024-02-29T24:00:00Z", null)]
    [InlineData("2024-02-29T12:60Z", null)]
    [InlineData("2024-02-29x12:00", null)]
    [InlineData("2024-02-29T12:00:00+2500", null)]
    [InlineData("24-02-29", null)]
    [InlineData("-1709208000000", null)]
    [InlineData("", null)]
    public void ISO_8601_is_read_with_a_blank_and_with_every_form_of_an_offset(string text, string? iso) => Assert.Equal(iso, Read(TimeReading.Iso, text));

    [Theory]
    [InlineData("M/d/yyyy H:mm", "2/29/2024 9:05", "2024-02-29T09:05:00.000Z")]
    [InlineData("yyyy/MM/dd HH:mm", "2022/09/01 00:20", "2022-09-01T00:20:00.000Z")]
    [InlineData("yyyy M d HH:mm", "2002 9 1 00:28", "2002-09-01T00:28:00.000Z")]
    [InlineData("dd-MMM-yyyy", "05-Mar-2021", "2021-03-05T00:00:00.000Z")]
    [InlineData("M/d/yyyy h:mm tt", "1/2/2021 1:30 PM", "2021-01-02T13:30:00.000Z")]
    [InlineData("yyyyMMddHHmmss", "20210102033004", "2021-01-02T03:30:04.000Z")]
    [InlineData("yyyy-MM-dd HH:mm:ss zzz", "2021-01-02 03:30:00 +02:00", "2021-01-02T01:30:00.000Z")]
    [InlineData("M/d/yyyy H:mm", "31/12/2024 9:05", null)]
    [InlineData("M/d/yyyy H:mm", "2024-02-29", null)]
    public void A_pattern_reads_what_is_written_by_it(string pattern, string text, string? iso) => Assert.Equal(iso, Read(TimeReading.ByPattern(pattern), text));

    [Theory]
    [InlineData("HH:mm")]
    [InlineData("d")]
    [InlineData("'year'")]
    [InlineData("isoo")]
    [InlineData("unix")]
    public void What_names_no_year_is_no_pattern(string pattern) => Assert.Throws<FormatException>(() => TimeReading.ByPattern(pattern));

    [Theory]
    // The hour from two to three is there twice, and on the other day it is not.
    [InlineData("2024-07-01 12:00", "2024-07-01T10:00:00.000Z")]
    [InlineData("2024-01-01 12:00", "2024-01-01T11:00:00.000Z")]
    [InlineData("2024-10-27 02:30", "2024-10-27T00:30:00.000Z")]
    [InlineData("2024-03-31 02:30", "2024-03-31T01:30:00.000Z")]
    [InlineData("2024-07-01 12:00Z", "2024-07-01T12:00:00.000Z")]
    public void A_clocks_time_is_one_of_the_zone(string text, string iso) => Assert.Equal(iso, Read(TimeReading.Of(TimeForm.Iso8601, Berlin), text));

    [Theory]
    [InlineData(TimeForm.UnixSeconds, "1700000000.25", "2023-11-14T22:13:20.250Z")]
    [InlineData(TimeForm.UnixMilliseconds, "1700000000250.0", "2023-11-14T22:13:20.250Z")]
    [InlineData(TimeForm.UnixMicroseconds, "1700000000250999", "2023-11-14T22:13:20.250Z")]
    [InlineData(TimeForm.UnixNanoseconds, "1700000000250999999", "2023-11-14T22:13:20.250Z")]
    [InlineData(TimeForm.UnixSeconds, "0", "1970-01-01T00:00:00.000Z")]
    [InlineData(TimeForm.UnixSeconds, "1.7E9", "2023-11-14T22:13:20.000Z")]
    [InlineData(TimeForm.UnixSeconds, "1e30", null)]
    [InlineData(TimeForm.UnixSeconds, "noon", null)]
    public void A_number_counts_from_1970(TimeForm form, string text, string? iso) => Assert.Equal(iso, Read(TimeReading.Of(form), text));

    [Theory]
    [InlineData(1000, "86499", "2017-12-01T00:01:39.000Z")]
    [InlineData(3_600_000, "743", "2017-12-30T23:00:00.000Z")]
    [InlineData(86_400_000, "0", "2017-11-30T00:00:00.000Z")]
    [InlineData(86_400_000, "1.5", "2017-12-01T12:00:00.000Z")]
    [InlineData(86_400_000, "-1", "2017-11-29T00:00:00.000Z")]
    [InlineData(86_400_000, "9999999", null)]
    public void A_number_counts_units_from_an_origin(int unitMs, string text, string? iso) =>
        Assert.Equal(iso, Read(TimeReading.Since(new DateTimeOffset(2017, 11, 30, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(), unitMs), text));

    [Theory]
    [InlineData("0", "2020-01-31T00:00:00.000Z")]
    [InlineData("1", "2020-02-29T00:00:00.000Z")]
    [InlineData("7.0", "2020-08-31T00:00:00.000Z")]
    [InlineData("1.5", null)]
    [InlineData("999999", null)]
    public void Months_are_those_of_the_calendar(string text, string? iso) =>
        Assert.Equal(iso, Read(TimeReading.MonthsSince(new DateTimeOffset(2020, 1, 31, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds()), text));

    [Fact]
    public void ISO_times_are_read_as_the_framework_reads_them() =>
        Gen.Select(Gen.Long[0, 253_402_300_799_999], Gen.Int[-14 * 60, 14 * 60], Gen.Int[0, 3]).Sample((unixMs, offset, form) =>
        {
            var time = DateTimeOffset.FromUnixTimeMilliseconds(unixMs);
            if (time.Year is 1970 or 9999)
            {
                return true;
            }

            var text = time.ToOffset(TimeSpan.FromMinutes(offset)).ToString(
                form switch { 0 => "yyyy-MM-dd'T'HH:mm:ss.fffzzz", 1 => "yyyy-MM-dd HH:mm:sszzz", 2 => "yyyy-MM-dd'T'HH:mmzzz", _ => "yyyy-MM-dd HH:mm:ss.fffffff zzz" }, CultureInfo.InvariantCulture);
            return TimeReading.Iso.TryRead(Encoding.UTF8.GetBytes(text), out var read)
                && read == DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        });

    private static string? Read(TimeReading reading, string text) => reading.TryRead(Encoding.UTF8.GetBytes(text), out var unixMs) ? DecisionJson.Iso(unixMs) : null;
}

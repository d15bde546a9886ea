"""Days inside numbers: many countries build theirs from the date of birth."""

_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def day_exists(year: int, month: int, day: int) -> bool:
    """Tell whether there is such a day; of a two-digit `year` the century is open."""
    if not 1 <= month <= 12 or not 1 <= day <= _LENGTHS[month - 1]:
        return False
    return (month, day) != (2, 29) or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0 or year < 100))


def yymmdd(digits: bytes) -> bool:
    """Tell whether six digits are a day, the year first."""
    return day_exists(int(digits[:2]), int(digits[2:4]), int(digits[4:6]))


def ddmmyy(digits: bytes) -> bool:
    """Tell whether six digits are a day, the day first."""
    return day_exists(int(digits[4:6]), int(digits[2:4]), int(digits[:2]))


def yyyymmdd(digits: bytes) -> bool:
    """Tell whether eight digits are a day since 1880, the year first."""
    return 1880 <= int(digits[:4]) <= 2099 and day_exists(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))

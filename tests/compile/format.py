# What becomes an f-string, and what does not.
a = b = c = 1
x = "%s" % (a,)
x = "%r and %a" % (a, b)
x = "100%%" % ()
x = "%%" % ()
x = "" % ()
x = "%% %s %%%s%%" % (a, b)
x = "abc" % ()
x = "é%sü" % (a,)
x = "%5s|%-5s|%05s|%+5s|% 5s|%#5s" % (a, b, c, a, b, c)
x = "%.3s|%5.2r|%-10.4a|%.s|%0s|%-s|%00.0s" % (a, b, c, a, b, c, a)
x = "%99s %.99s" % (a, b)
x = "%100s" % (a,)
x = "%.100s" % (a,)
x = "%0005s" % (a,)
x = "%d" % (a,)
x = "%s %d" % (a, b)
x = "%s" % (a, b)
x = "%s %s" % (a,)
x = "%s" % (*a,)
x = "%s" % a
x = "%(n)s" % (a,)
x = "%*s" % (a, b)
x = "%ls" % (a,)
x = "%s %" % (a,)
x = "%" % ()
x = b"%s" % (a,)
x = "%s" % ("%s" % (a,),)
x = "%s" % (a + "%r" % (b,),)
x = "a%sb" % (f"c{a}d",)
x = ("%s"
     "%r" % (a,
             b))
"%%" ; "%"
"%s" % (a,)


def f():
    "%s" % (a,)


def g():
    "a%%" % ()


class C:
    "x" % ()


def h(x="%" % ()):
    return "%%" % (), "%%%%" % (), "%", "%%"


x = "%s is %r" % (a, b) + "%s" % (c, ) * 2
x = "\ud800%s%%\udfff" % (a,)
x %= (1,)
x = f"{'%s' % (a,)!r:>{'%a' % (b,)}}"

from library.models import Option


def banner():
    return Option.objects.get(key="banner").value


class BannerMiddleware:
    """Asks for each of its answers anew, or once."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "/middleware/" in request.path:
            if request.path.startswith("/fault/"):
                request.banner = " ".join(banner() for _ in range(12))
            else:
                text = banner()
                request.banner = " ".join(text for _ in range(12))
        return self.get_response(request)
